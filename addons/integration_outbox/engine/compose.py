"""From claimed deliveries to one HTTP request. Plain Python.

structured  the CloudEvent as JSON (CloudEvents HTTP Protocol Binding 1.0, section 3.2)
binary      the data as body, the attributes as ``ce-`` headers (section 3.1)
mapped      what the subscription's JSONata makes of the CloudEvent, as JSON
batch       several of the first kind in one request (section 3.3)
"""

import json
import time
import uuid
from collections import namedtuple
from functools import lru_cache
from urllib.parse import quote

from odoo.addons.integration_core.policy.expression import ExpressionFailed
from odoo.addons.integration_core.wire import cloudevents, standard_webhooks

Request = namedtuple("Request", "url headers body")

# Names batches after what is in them, so that the same batch has the same id when it is sent again.
BATCH_IDS = uuid.UUID("6f8d51a2-3f0e-4f67-9b51-3c1f0f3d5c11")


class CannotBeSent(Exception):
    """Trying again would not help. The text says why."""


def attributes(row, source):
    """The CloudEvents attributes of a claimed delivery's event; those that are ``None`` are left out."""
    return {
        "id": row.event_id,
        # what every company shares comes from none of them
        "source": f"{source}/{row.company_id}" if row.company_id else source,
        "type": row.type,
        "time": cloudevents.moment(row.occurred_at),
        "subject": row.subject,
        "dataschema": _dataschema(row.type, row.version),
        "partitionkey": row.partition_key,
        "correlationid": row.correlation_id,
        "causationid": row.causation_id,
        "traceparent": row.traceparent,
    }


@lru_cache(maxsize=1024)
def _dataschema(name, version):
    return cloudevents.DATASCHEMA.format(name=name, version=version)


def document(row, source):
    """The event as filters and mappings see it: a CloudEvent with its data parsed."""
    known = {name: value for name, value in attributes(row, source).items() if value is not None}
    return {"specversion": cloudevents.SPEC_VERSION, **known, "data": json.loads(row.data)}


def part(row, channel, source):
    """What one event gives to a request: ``(body, headers of its own)``; ``None`` when the filter does not want it.

    :raises CannotBeSent: filter or mapping failed for this event, or ran too long; there is nothing to send;
        or the event has personal data, and the subscription names no purpose.
    """
    if row.data is None:
        raise CannotBeSent("The event has no payload: it was erased, or it was never built")
    if row.type in channel.withheld:
        raise CannotBeSent("Personal data: enter the purpose on the subscription, then retry")
    try:
        if channel.filter is not None and not channel.filter.is_true_of(document(row, source)):
            return None
    except ExpressionFailed as error:
        raise CannotBeSent(f"The filter failed: {error}") from error
    if channel.mode == "mapped":
        return _mapped(row, channel, source), {}
    if channel.mode == "binary":
        named = {"specversion": cloudevents.SPEC_VERSION, **attributes(row, source)}
        own = {f"ce-{name}": _header(value) for name, value in named.items() if value is not None}
        return row.data.encode(), own
    return cloudevents.structured(attributes(row, source), row.data), {}


def request(rows, parts, channel, token=None, now=None):
    """The request for these deliveries; several only where the channel sends in batches.

    :param parts: what :func:`part` made of each. :param token: the access token to show, if any.
    """
    if channel.batch_size > 1:
        message_id = str(uuid.uuid5(BATCH_IDS, " ".join(row.event_id for row in rows)))
        body, own = b"[" + b",".join(body for body, _own in parts) + b"]", {}
    else:
        message_id = rows[0].event_id
        ((body, own),) = parts
    headers = standard_webhooks.sign(channel.keys, message_id, int(now or time.time()), body)
    headers["content-type"] = _content_type(channel)
    headers.update(own)
    headers.update(channel.headers)
    headers.update(channel.secret_headers)
    if token:
        headers["authorization"] = f"Bearer {token}"
    return Request(channel.url, headers, body)


def _content_type(channel):
    if channel.mode != "structured":
        return "application/json"
    return cloudevents.BATCH_CONTENT_TYPE if channel.batch_size > 1 else cloudevents.CONTENT_TYPE


def _mapped(row, channel, source):
    try:
        return channel.mapping.json_of(document(row, source)).encode()
    except ExpressionFailed as error:
        raise CannotBeSent(f"The mapping failed: {error}") from error


def _header(value):
    """As CloudEvents asks for: what is not a visible ASCII character, and ``"`` and ``%``, percent-encoded.

    (HTTP Protocol Binding 1.0, section 3.1.3.2.) So a line break in a reference starts no header of its own.
    """
    return quote(value, safe="!#$&'()*+,/:;<=>?@[\\]^_`{|}~-.")
