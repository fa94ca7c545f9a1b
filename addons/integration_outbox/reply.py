"""The sentence of a partner's error response that an operator reads. Plain Python."""

import json
import re

LONGEST = 300
# RFC 9457 first, then what APIs commonly use.
MEMBERS = (
    "detail",
    "title",
    "message",
    "error_description",
    "error",
    "msg",
    "reason",
    "errors",
    "description",
)
TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def sentence(body):
    """The error text of a response body, on one line of at most ``LONGEST`` characters; empty without one.

    :param body: the start of the body, perhaps cut off.
    """
    if not body:
        return ""
    try:
        text = _of_json(json.loads(body)) or body
    except ValueError:
        text = TAG.sub(" ", body)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _of_json(document):
    if isinstance(document, str):
        return document
    if isinstance(document, list):
        return "; ".join(filter(None, map(_of_json, document[:5])))
    if isinstance(document, dict):
        return next((text for name in MEMBERS if (text := _of_json(document.get(name)))), "")
    return ""
