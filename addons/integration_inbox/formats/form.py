"""Form-encoded bodies (``application/x-www-form-urlencoded``, WHATWG URL Standard, section 5.1)."""

from urllib.parse import parse_qsl

from ..refusal import Refused, not_form
from . import json_text

MOST_FIELDS = 1000
# GitHub and Slack wrap JSON in a single field of this name.
WRAPPER = "payload"


def read(body):
    """``{name: value}``, a list where a name comes several times; the JSON in ``payload``, where that is all.

    :raises Refused: with what the sender's developer has to change.
    """
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError as error:
        raise not_form("it is not UTF-8") from error
    except ValueError as error:
        raise not_form(f"it has more than {MOST_FIELDS} fields") from error
    document = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise not_form("a field holds the character U+0000")
        known = document.get(name)
        if known is None:
            document[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            document[name] = [known, value]
    if list(document) == [WRAPPER] and isinstance(document[WRAPPER], str):
        try:
            return json_text.read(document[WRAPPER])
        except Refused:
            return document  # a field that happens to have that name
    return document
