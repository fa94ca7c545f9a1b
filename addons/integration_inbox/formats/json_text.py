"""Strict JSON (RFC 8259), within bounds: what two readers could read differently is refused."""

import json
import math
import re

from ..refusal import not_json

# Objects and lists within each other.
DEEPEST = 64
# Characters of one number.
LONGEST_NUMBER = 100
LONE = re.compile(r"\\u[dD][89a-fA-F]")
NUL = re.compile(r"\\u0000|\0")


class _Broken(ValueError):
    pass


def _pairs(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Broken(f"the member {twice[:50]!r} is there twice")
    return members


def _constant(name):
    raise _Broken(f"{name} is not a number")


def _int(text):
    if len(text) > LONGEST_NUMBER:
        raise _Broken(f"a number has more than {LONGEST_NUMBER} digits")
    return int(text)


def _float(text):
    if len(text) > LONGEST_NUMBER:
        raise _Broken(f"a number has more than {LONGEST_NUMBER} digits")
    number = float(text)
    if math.isinf(number):
        raise _Broken(f"the number {text} is too large")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_int, parse_float=_float
)
_BLANK = re.compile(r"[ \t\n\r]*")


def text_of(body):
    """:raises Refused: not UTF-8. A byte order mark is left out."""
    try:
        return body.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise not_json("it is not UTF-8") from error


def read(text):
    """The document in ``text``.

    :raises Refused: with what the sender's developer has to change.
    """
    try:
        document = _DECODER.decode(text)
    except _Broken as error:
        raise not_json(error) from error
    except json.JSONDecodeError as error:
        raise not_json(f"{error.msg} at character {error.pos}") from error
    except (ValueError, RecursionError) as error:
        raise not_json("it is nested too deeply, or a number is too long") from error
    _check(text, document)
    return document


def read_items(text):
    """The members of the list in ``text``, each with the very text it came in: ``[(document, text), …]``.

    :raises Refused: it is no list, or one of them is not JSON.
    """
    document = read(text)
    if not isinstance(document, list):
        raise not_json("a batch is a JSON array")
    items = []
    at = text.index("[") + 1
    for item in document:
        at = _BLANK.match(text, at).end()
        _item, end = _DECODER.raw_decode(text, at)
        items.append((item, text[at:end]))
        at = _BLANK.match(text, end).end() + 1
    return items


def _check(text, document):
    """What the decoder lets pass and no database or partner can keep."""
    if text.count("{") + text.count("[") > DEEPEST and _depth(document) > DEEPEST:
        raise not_json(f"it is nested more than {DEEPEST} levels deep")
    if LONE.search(text):
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise not_json("a text holds half of a surrogate pair") from error
    if NUL.search(text) and any("\0" in part for part in _texts(document)):
        raise not_json("a text holds the character U+0000")


def _depth(document):
    depth, level = 0, [document]
    while level:
        below = []
        for part in level:
            if isinstance(part, dict):
                below.extend(part.values())
            elif isinstance(part, list):
                below.extend(part)
        level = [part for part in below if isinstance(part, (dict, list))]
        depth += 1
        if depth > DEEPEST:
            break
    return depth


def _texts(document):
    rest = [document]
    while rest:
        part = rest.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            yield from part
            rest.extend(part.values())
        elif isinstance(part, list):
            rest.extend(part)
