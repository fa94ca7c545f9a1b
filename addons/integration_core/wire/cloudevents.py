"""CloudEvents 1.0: structured JSON mode (CloudEvents JSON Event Format 1.0, sections 2 and 3), batches
(section 4), and what comes in binary mode (HTTP Protocol Binding 1.0, section 3.1).
"""

import json
from datetime import datetime
from urllib.parse import unquote

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"
SPEC_VERSION = "1.0"
REQUIRED = ("specversion", "id", "source", "type")
# Characters of one attribute; some are indexed.
LONGEST = 500
HEADER = "ce-"
DATASCHEMA = "urn:odoo-integration-hub:{name}/v{version}"


# All attributes are texts; a JSON encoder, which has to ask what each value is, takes three times as long.
_quoted = json.encoder.encode_basestring
_HEAD = f'"specversion": "{SPEC_VERSION}", "datacontenttype": "application/json"'


class NotACloudEvent(Exception):
    """The document lacks what CloudEvents 1.0 asks for. The text names it, for the sender."""


def moment(when):
    """A naive UTC datetime, as Odoo has them, in RFC 3339."""
    return when.isoformat() + "Z"


def structured(attributes, data_json):
    """The body of one event.

    :param attributes: context attributes and extensions, texts; those that are ``None`` are left out.
    :param data_json: the data, already JSON text: it is not parsed again.
    """
    head = ", ".join(
        [f'"{name}": {_quoted(value)}' for name, value in attributes.items() if value is not None]
    )
    return f'{{{_HEAD}, {head}, "data": {data_json}}}'.encode()


def parse(document):
    """Check the context attributes of a structured event that was read from JSON.

    :return: the attributes (with ``data``), ``time`` as an aware datetime or ``None``.
    :raises NotACloudEvent: an attribute is missing or of the wrong kind.
    """
    if not isinstance(document, dict):
        raise NotACloudEvent("The body is not a JSON object.")
    for name in REQUIRED:
        if not isinstance(document.get(name), str) or not document[name]:
            raise NotACloudEvent(f"The CloudEvents attribute {name!r} is missing or not a text.")
    if document["specversion"] != SPEC_VERSION:
        raise NotACloudEvent(f"CloudEvents {document['specversion']} is not known here, only {SPEC_VERSION}.")
    for name in (*REQUIRED, "subject", "dataschema", "partitionkey", "traceparent", "correlationid"):
        value = document.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise NotACloudEvent(f"The CloudEvents attribute {name!r} is not a text.")
        if len(value) > LONGEST:
            raise NotACloudEvent(f"The CloudEvents attribute {name!r} is longer than {LONGEST} characters.")
    parsed = dict(document)
    parsed["time"] = _time(document.get("time"))
    parsed["sequence"] = _sequence(document.get("sequence"))
    return parsed


def is_binary(headers):
    """Whether a request is an event in binary mode. :param headers: a mapping that ignores case."""
    return HEADER + "specversion" in headers


def from_headers(headers, data):
    """The event of a request in binary mode, as :func:`parse` takes it; ``None`` where it is none.

    :param headers: a mapping that ignores case, with ``items()``. :param data: what the body says.
    """
    if not is_binary(headers):
        return None
    attributes = {
        name.lower().removeprefix(HEADER): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith(HEADER)
    }
    return {**attributes, "data": data}


def _time(value):
    if value is None:
        return None
    try:
        when = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except (ValueError, AttributeError) as error:
        raise NotACloudEvent("The CloudEvents attribute 'time' is not an RFC 3339 time.") from error
    if when.tzinfo is None:
        raise NotACloudEvent("The CloudEvents attribute 'time' has no time zone.")
    if not 1900 <= when.year <= 9990:
        raise NotACloudEvent("The CloudEvents attribute 'time' is not of our times.")
    return when


def _sequence(value):
    """Extension ``sequence``, integers as text, the first is 1 (CloudEvents Sequence extension)."""
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or not 1 <= int(text[:19]) < 2**31:
        raise NotACloudEvent("The CloudEvents attribute 'sequence' is not a whole number from 1 up.")
    return int(text)


def version_of(dataschema):
    """The version at the end of a ``dataschema``, ``…/v2`` gives 2; 1 where there is none."""
    tail = (dataschema or "").rpartition("/v")[2]
    return int(tail) if tail.isascii() and tail.isdigit() and len(tail) < 6 else 1
