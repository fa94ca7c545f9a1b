"""Storage of messages, with deduplication by endpoint and message ID."""

import base64
import json
from datetime import timezone

from odoo.addons.integration_core.engine.cursor import Statement
from odoo.addons.integration_core.errors import CODE_MODEL
from odoo.addons.integration_core.policy import keys
from odoo.addons.integration_core.policy.masking import MASK
from odoo.addons.integration_core.wire import cloudevents, standard_webhooks

from .. import unmapped
from ..refusal import Refused
from ..verification.schemes import SCHEMES
from .reading import UNMAPPED

# Never kept: they prove who speaks.
SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie"}
# Masked: whoever has one can send the message again while its time is good.
SIGNATURES = {
    standard_webhooks.SIGNATURE,
    *(scheme.hmac.header for scheme in SCHEMES.values() if scheme.hmac),
}
# Status of a message, and what its sender is told.
TOLD = {"received": "accepted", "quarantined": "quarantined", "kept": "kept"}

COLUMNS = {
    "endpoint_id": "int",
    "message_id": "varchar",
    "event_id": "varchar",
    "type": "varchar",
    "version": "int",
    "source": "varchar",
    "subject": "varchar",
    "occurred_at": "timestamp",
    "partition_key": "varchar",
    "sequence": "int",
    "correlation_id": "varchar",
    "traceparent": "varchar",
    "headers": "text",
    "body": "text",
    "raw": "bytea",
    "derived": "text",
    "body_sha256": "varchar",
    "remote_addr": "varchar",
    "state": "varchar",
    "reason": "varchar",
    "told": "varchar",
    "missing_model": "varchar",
    "missing_key": "varchar",
}
# unique index on (endpoint_id, message_id)
INSERT = Statement(
    "integration_keep_message",
    COLUMNS.values(),
    f"""
    INSERT INTO integration_message ({", ".join(COLUMNS)}, attempt_count, received_at, next_attempt_at)
         VALUES ({", ".join(["%s"] * len(COLUMNS))}, 0,
                 clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC')
    ON CONFLICT (endpoint_id, message_id) DO NOTHING
    """,  # noqa: S608, constants
)
# unique index on (endpoint_id, message_id)
KNOWN = """
    SELECT body_sha256, told FROM integration_message WHERE endpoint_id = %s AND message_id = %s
"""


def store(cr, settings, reading, state, reason, headers, address):
    """Insert a message, or find the one that has its id.

    :return: ``(told, is_new)``: what the sender is told, the first time and ever after.
    :raises Refused: the id was used before, with another body.
    """
    INSERT.run(cr, _values(settings, reading, state, reason, headers, address))
    if cr.rowcount:
        if reading.missing:
            unmapped.note_of_reading(cr, settings, reading)
        return TOLD[state], True
    cr.execute(KNOWN, [settings.id, reading.message_id])
    digest, told = cr.fetchone()
    if digest != reading.digest:
        raise Refused(
            409, "id-used-before", "Message id used before", "The id was used before, with another body."
        )
    return told, False


def attributes(reading):
    """What the columns of a message say of its first event."""
    event = reading.events[0] if reading.events else {}
    when = event.get("time")
    return {
        "event_id": event.get("id", reading.message_id),
        "type": event.get("type", UNMAPPED),
        "version": cloudevents.version_of(event.get("dataschema")),
        "source": event.get("source"),
        "subject": keys.bounded(event.get("subject")),
        "occurred_at": when.astimezone(timezone.utc).replace(tzinfo=None) if when else None,
        "partition_key": keys.bounded(event.get("partitionkey") or event.get("subject")),
        "sequence": event.get("sequence"),
        "correlation_id": keys.bounded(event.get("correlationid") or event.get("id") or reading.message_id),
        "traceparent": event.get("traceparent"),
    }


def _values(settings, reading, state, reason, headers, address):
    return (
        settings.id,
        reading.message_id,
        *attributes(reading).values(),
        headers,
        reading.text,
        base64.b64encode(reading.raw) if reading.raw is not None else None,
        reading.derived,
        reading.digest,
        address,
        state,
        reason,
        TOLD[state],
        CODE_MODEL if reading.missing else None,
        reading.missing,
    )


def stored_headers(settings, headers):
    """The headers as JSON text, without those that are secrets; signatures are masked."""
    shown = settings.header if settings.scheme == "api_key" else None
    signature = settings.hmac.header if settings.hmac else None
    return json.dumps(
        {
            name: MASK if name in SIGNATURES or name == signature else value
            for name, value in headers.items()
            if name not in SECRET_HEADERS and name != shown
        }
    )


def shown_headers(text):
    """Stored headers as people see them: older versions stored signatures."""
    headers = json.loads(text or "{}")
    return json.dumps({name: MASK if name in SIGNATURES else value for name, value in headers.items()})
