"""Parsing of a request into messages, each with its events."""

import hashlib
import json
from dataclasses import dataclass, field

from odoo.addons.integration_core.policy.codes import CodeUnmapped
from odoo.addons.integration_core.policy.expression import ExpressionFailed, compiled
from odoo.addons.integration_core.wire import cloudevents

from .. import mapping
from ..formats import body as body_format
from ..formats import json_text
from ..refusal import Refused, not_an_event, unsupported

LONGEST_ID = 255
# Of an expression that a sender is told of.
LONGEST_PLACE = 80
# Of a message whose events are not known: its mapping failed.
UNMAPPED = "unmapped"
MOST_ITEMS = 1000


@dataclass
class Reading:
    """One message.

    :ivar message_id: what makes a repeat one. :ivar text: the body as people read it; :ivar raw: its bytes,
    where the text is not exactly them.
    :ivar events: checked; :ivar derived: JSON of the events where they are not simply the body.
    :ivar problem: why there are none. :ivar missing: the code that the mapping waits for, list and value.
    """

    message_id: str
    text: str
    raw: bytes | None
    digest: str
    events: list = field(default_factory=list)
    derived: str | None = None
    problem: str | None = None
    missing: str | None = None


def read_document(settings, request):
    """The document of a request that was verified.

    :raises Refused: none of it can be taken.
    """
    is_binary = cloudevents.is_binary(request.headers)
    if body_format.kind_of(request.headers) in ("xml", "form") and not (settings.mapping or is_binary):
        raise unsupported("This address has no mapping: send CloudEvents as JSON.")
    return body_format.read(request.headers, request.body, settings.largest)


def read(settings, request, document, code=None):
    """The messages in a document: one, or those of a batch.

    :param code: the function ``$code`` of the sender's code lists.
    :return: a list of :class:`Reading` or, in a batch, :class:`Refused`.
    :raises Refused: none of it can be taken.
    """
    if document.kind == "batch":
        return _batch(settings, request, document.text, code)
    return [_single(settings, request, document, code)]


def _single(settings, request, document, code):
    exact = document.text.encode() == request.body
    reading = Reading(
        "", document.text, None if exact else request.body, hashlib.sha256(request.body).hexdigest()
    )
    binary = cloudevents.from_headers(request.headers, document.content)
    if binary is not None and "\0" in "".join(value for value in binary.values() if isinstance(value, str)):
        raise not_an_event("A ce- header holds the character U+0000.")
    whole = binary or document.content
    if settings.mapping:
        interpret(reading, settings.mapping, whole, request.headers, settings.source, code)
    else:
        reading.events = [_event(whole)]
        if binary is not None:
            reading.derived = json.dumps([binary], ensure_ascii=False)
    reading.message_id = _message_id(settings, request, whole, document.content, reading)
    return reading


def interpret(reading, text, document, headers, source, code=None):
    """Map a document to events; where that fails, the reading has the problem."""
    try:
        events = mapping.mapped(text, document, headers, source, code)
        reading.events = mapping.checked(events)
        reading.derived = json.dumps(events, ensure_ascii=False)
    except mapping.MappingFailed as failed:
        reading.problem = f"Mapping: {failed}"
        if isinstance(failed.__cause__, CodeUnmapped):
            reading.missing = f"{failed.__cause__.list_code}/{failed.__cause__.value}"


def derive(document):
    """The events that a person wrote down: one, or a list of them that belong together.

    :return: the checked events, and their JSON.
    :raises Refused: one is no CloudEvent.
    """
    documents = document if isinstance(document, list) else [document]
    return [_event(one) for one in documents], json.dumps(documents, ensure_ascii=False)


def _batch(settings, request, text, code):
    """CloudEvents JSON Event Format 1.0, section 4. Each event is a message of its own."""
    items = json_text.read_items(text)
    if len(items) > MOST_ITEMS:
        raise Refused(413, "batch-too-large", "Batch too large", f"At most {MOST_ITEMS} events are taken.")
    readings = []
    for document, part in items:
        reading = Reading("", part, None, hashlib.sha256(part.encode()).hexdigest())
        try:
            if settings.mapping:
                interpret(reading, settings.mapping, document, request.headers, settings.source, code)
            else:
                reading.events = [_event(document)]
            if settings.id_expression:
                reading.message_id = _expressed_id(settings, request, document)
            else:
                reading.message_id = _own_id(document) or _digest_id(reading)
        except Refused as refused:
            reading = refused
        readings.append(reading)
    return readings


def _event(document):
    try:
        return cloudevents.parse(document)
    except cloudevents.NotACloudEvent as error:
        raise not_an_event(str(error)) from error


def _message_id(settings, request, whole, content, reading):
    """What the sender calls this message: as the endpoint says, else the id that its scheme carries, else the
    event's own, else the body.

    Never by the id that a mapping gives to an event: a mapping that fails gives none, and once it is mended
    the same message, sent again, would be another.
    """
    if settings.id_expression:
        return _expressed_id(settings, request, whole)
    if settings.id_header:
        given = request.headers.get(settings.id_header)
        if not given:
            raise Refused(
                400, "no-message-id", "No message id", f"The header {settings.id_header} is missing."
            )
        return _fitting(given, settings.id_header)
    if settings.id_member and isinstance(content, dict) and isinstance(content.get(settings.id_member), str):
        return _fitting(content[settings.id_member], settings.id_member)
    own = _own_id(content) or _own_id(cloudevents.from_headers(request.headers, None))
    return own or _digest_id(reading)


def _expressed_id(settings, request, document):
    """:raises Refused: the document has no such id, or one that is none."""
    place = settings.id_expression if len(settings.id_expression) <= LONGEST_PLACE else "the message ID"
    try:
        value = compiled(settings.id_expression).value_of(document, headers=request.headers)
    except ExpressionFailed as failed:
        raise Refused(
            400, "bad-message-id", "Bad message id", f"{place} cannot be read from the body: {failed}"
        ) from failed
    if value is None or value == "":
        raise Refused(
            400, "no-message-id", "No message id", f"The message has no ID: {place} is missing or empty."
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Refused(400, "bad-message-id", "Bad message id", f"{place} has to be a text or a number.")
    return _fitting(value, place)


def _own_id(document):
    """A CloudEvent is named by its source and its id together (CloudEvents 1.0, section 3.1.1)."""
    if isinstance(document, dict) and document.get("specversion") == cloudevents.SPEC_VERSION:
        source, event_id = document.get("source"), document.get("id")
        if isinstance(source, str) and isinstance(event_id, str) and event_id:
            name = f"{event_id} {source}"
            if len(name) <= LONGEST_ID and name.isprintable():
                return name
            return "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    return None


def _digest_id(reading):
    return "sha256:" + reading.digest


def _fitting(given, where):
    if len(given) > LONGEST_ID or not given.isprintable() or not given.strip():
        raise Refused(
            400,
            "bad-message-id",
            "Bad message id",
            f"{where} has to be 1 to {LONGEST_ID} printable characters.",
        )
    return given
