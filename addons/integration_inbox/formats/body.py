"""Parsing of a request body by its content type."""

from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from typing import Any

from odoo.addons.integration_core.wire import cloudevents

from ..refusal import not_json, unsupported
from . import compressed, form, json_text, xml_text

FORM = "application/x-www-form-urlencoded"
TAKEN = "application/cloudevents+json, application/json, application/xml or a form"


@dataclass(frozen=True)
class Document:
    """:ivar kind: ``event``, ``batch``, ``json``, ``xml`` or ``form``.
    :ivar content: what it says. :ivar text: as people read it.
    """

    kind: str
    content: Any
    text: str


def kind_of(headers):
    """The ``kind`` of a request's document.

    :raises Refused: none that is taken.
    """
    return _kind(_content_type(headers.get("content-type"))[0])


def read(headers, body, largest):
    """The document in a request.

    :param largest: bytes that the body may have when it is opened.
    :raises Refused: with what the sender's developer has to change.
    """
    media_type, charset = _content_type(headers.get("content-type"))
    kind = _kind(media_type)
    plain = compressed.opened(body, headers.get("content-encoding"), largest)
    match kind:
        case "xml":
            return Document(kind, xml_text.read(plain, charset), _readable(plain, charset))
        case "form":
            _check_charset(charset)
            return Document(kind, form.read(plain), _readable(plain))
    _check_charset(charset)
    text = json_text.text_of(plain)
    if not text.strip():
        raise not_json("it is empty")
    return Document(kind, json_text.read(text), text)


@lru_cache(maxsize=256)
def _content_type(value):
    """:return: the media type and the charset, or ``None``, in lower case."""
    parsed = Message()
    parsed["content-type"] = (value or "").replace("\n", " ").replace("\r", " ")
    charset = parsed.get_param("charset")
    return (
        parsed.get_content_type() if value else "",
        charset.strip().lower() if isinstance(charset, str) else None,
    )


def _kind(media_type):
    if media_type == cloudevents.CONTENT_TYPE:
        return "event"
    if media_type == cloudevents.BATCH_CONTENT_TYPE:
        return "batch"
    if media_type == "application/json" or media_type.endswith("+json"):
        return "json"
    if media_type in ("application/xml", "text/xml") or media_type.endswith("+xml"):
        return "xml"
    if media_type == FORM:
        return "form"
    raise unsupported(f"Send {TAKEN}.")


def _check_charset(charset):
    if charset not in (None, "utf-8", "utf8", "us-ascii"):
        raise unsupported("Send UTF-8.")


def _readable(plain, charset=None):
    """For people; the bytes themselves are kept where this is not what came."""
    if plain[:2] in (b"\xff\xfe", b"\xfe\xff"):
        charset = "utf-16"
    try:
        return plain.decode(charset or "utf-8", errors="replace").replace("\0", "\ufffd")
    except LookupError:
        return plain.decode("utf-8", errors="replace").replace("\0", "\ufffd")
