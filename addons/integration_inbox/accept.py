"""From a request to a message: verified, read, kept; one short transaction, no business code."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import timezone

from pydantic import ValidationError

from odoo import fields

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.policy import patterns
from odoo.addons.integration_core.wire import cloudevents, problem, standard_webhooks

from .verify import verify

CONTENT_TYPES = ("application/cloudevents+json", "application/json")
LONGEST_ID = 255
KEPT_HEADERS = ("content-type", "user-agent", standard_webhooks.ID, standard_webhooks.TIMESTAMP)


@dataclass
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json"


class Refused(Exception):
    """The request is not accepted: status, stable name, and a sentence for the sender's developer."""

    def __init__(self, status, name, title, detail):
        super().__init__(detail)
        self.status, self.name, self.title, self.detail = status, name, title, detail


def accept(env, token, headers, body, remote_addr):
    """Take one POST.

    :param env: a superuser environment; the caller commits.
    :param headers: a mapping that ignores case. :param body: the raw bytes.
    :return: 202 for a new message, 200 for one that is here already, or a problem document.
    """
    correlation_id = str(uuid.uuid4())
    try:
        endpoint = env["integration.endpoint"]._by_token(token)
        largest = endpoint.max_body_kb * 1024 if endpoint else 1024 * 1024
        if len(body) > largest:
            raise Refused(413, "body-too-large", "Body too large", f"At most {largest} bytes are taken.")
        try:
            message_id = verify(endpoint, headers, body)
        except standard_webhooks.VerificationFailed as error:
            raise Refused(
                401,
                "not-verified",
                "Not verified",
                "The address, the signature or its timestamp is not valid.",
            ) from error
        return _keep(env, endpoint, message_id, headers, body, remote_addr)
    except Refused as refused:
        document = problem.problem(
            refused.name, refused.status, refused.title, refused.detail, correlation_id
        )
        return Answer(refused.status, document, problem.CONTENT_TYPE)


def _keep(env, endpoint, message_id, headers, body, remote_addr):
    if len(message_id) > LONGEST_ID or not message_id.isprintable():
        raise Refused(400, "bad-message-id", "Bad message id", f"{standard_webhooks.ID} is too long.")
    event = _read(headers, body)
    state, reason = _admit(env, endpoint, event)
    row = _insert(env, endpoint, message_id, event, headers, body, remote_addr, state, reason)
    if row is None:
        return _repeat(env, endpoint, message_id, body)
    if state == "received":
        env["integration.worker"]._wake("inbox")
    return Answer(202, _receipt(message_id, "accepted" if state == "received" else state))


def _receipt(message_id, status):
    return json.dumps({"id": message_id, "status": status}).encode()


def _read(headers, body):
    """The event in the body.

    :raises Refused: with what the sender's developer has to change.
    """
    content_type = (headers.get("content-type") or "").partition(";")[0].strip().lower()
    if content_type not in CONTENT_TYPES:
        raise Refused(
            415, "unsupported-media-type", "Unsupported media type", f"Send {' or '.join(CONTENT_TYPES)}."
        )
    try:
        text = body.decode("utf-8")
        document = json.loads(text, parse_constant=_no_constant)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # lone surrogates cannot be kept
    except (ValueError, RecursionError) as error:
        raise Refused(400, "not-json", "Not JSON", "The body is not JSON in UTF-8.") from error
    if "\0" in text or "\\u0000" in text:
        raise Refused(400, "not-json", "Not JSON", "The body contains the character U+0000.")
    try:
        return cloudevents.parse(document)
    except cloudevents.NotACloudEvent as error:
        raise Refused(400, "not-a-cloudevent", "Not a CloudEvent", str(error)) from error


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


def _admit(env, endpoint, event):
    """Whether the event may be applied: ``(state, reason)``.

    :raises Refused: this endpoint does not take the type.
    """
    name = event["type"]
    if not patterns.fits(patterns.split(endpoint.event_patterns), name):
        raise Refused(
            422, "event-type-not-accepted", "Event type not accepted", f"{name!r} is not accepted here."
        )
    version = cloudevents.version_of(event.get("dataschema"))
    handler = declare.handler_for(env.registry, name, version)
    if handler is None:
        if endpoint.unknown_policy == "refuse":
            raise Refused(
                422,
                "unknown-event-type",
                "Unknown event type",
                f"{name!r} version {version} is not known here.",
            )
        return "quarantined", env._(
            "No installed module knows %(name)s v%(version)s", name=name, version=version
        )
    try:
        handler.data.model_validate(event.get("data"))
    except ValidationError as error:
        return "quarantined", explain(error)
    return "received", None


def explain(error):
    """What pydantic found, in one line: where, and what is wrong there; never the value."""
    return "; ".join(
        f"{'.'.join(str(part) for part in found['loc']) or 'data'}: {found['msg']}"
        for found in error.errors()[:5]
    )


# unique index on (endpoint_id, message_id)
INSERT = """
    INSERT INTO integration_message
                (endpoint_id, company_id, message_id, event_id, type, version, source, subject,
                 occurred_at, partition_key, sequence, correlation_id, traceparent, headers, body,
                 body_sha256, remote_addr, state, reason, attempt_count, received_at, next_attempt_at)
         VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0,
                 clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC')
    ON CONFLICT (endpoint_id, message_id) DO NOTHING
      RETURNING id
"""


def _insert(env, endpoint, message_id, event, headers, body, remote_addr, state, reason):
    kept = {name: headers.get(name) for name in KEPT_HEADERS if headers.get(name)}
    when = event["time"]
    env.cr.execute(
        INSERT,
        [
            endpoint.id,
            endpoint.company_id.id,
            message_id,
            event["id"][:LONGEST_ID],
            event["type"],
            cloudevents.version_of(event.get("dataschema")),
            event["source"][:LONGEST_ID],
            event.get("subject"),
            fields.Datetime.to_string(when.astimezone(timezone.utc)) if when else None,
            event.get("partitionkey") or event.get("subject"),
            event["sequence"],
            event.get("correlationid") or event["id"],
            event.get("traceparent"),
            json.dumps(kept, indent=2),
            body.decode("utf-8"),
            hashlib.sha256(body).hexdigest(),
            remote_addr,
            state,
            reason,
        ],
    )
    return env.cr.fetchone()


def _repeat(env, endpoint, message_id, body):
    """The id is known: the same body is answered like the first time, another one is a conflict."""
    env.cr.execute(
        "SELECT body_sha256 FROM integration_message WHERE endpoint_id = %s AND message_id = %s",
        [endpoint.id, message_id],
    )
    if env.cr.fetchone()[0] != hashlib.sha256(body).hexdigest():
        raise Refused(
            409,
            "id-used-before",
            "Message id used before",
            f"{standard_webhooks.ID} was used before, with another body.",
        )
    return Answer(200, _receipt(message_id, "already received"))
