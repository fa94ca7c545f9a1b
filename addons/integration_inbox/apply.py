"""From a message to its effect: handler and state in one transaction; every outcome is decided here."""

import logging
from collections import namedtuple

import psycopg2
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from pydantic import ValidationError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError

from odoo.addons.integration_core import declare, flow
from odoo.addons.integration_core.engine.cursor import engine_cursor
from odoo.addons.integration_core.errors import NotYetKnown, RejectMessage, RetryLater, Superseded
from odoo.addons.integration_core.policy import backoff

from .accept import explain
from .incoming import Incoming, data_of

_logger = logging.getLogger(__name__)

CONFLICTS = (SerializationFailure, DeadlockDetected, LockNotAvailable)
# How often a conflict with another transaction is tried again at once.
CONFLICT_TRIES = 5
# What is not known after so long will not be: to the dead letters, in seconds.
WAIT_FOR_S = 24 * 3600
# The longest pause between two looks at a waiting message, in seconds.
LONGEST_WAIT_S = 300
# Errors that nobody foresaw are tried so often.
UNFORESEEN_TRIES = 8

Outcome = namedtuple("Outcome", "state reason delay_s")

HOLD = """
    SELECT attempt_count, EXTRACT(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - received_at)
      FROM integration_message
     WHERE id = %s AND state = 'processing' AND leased_by = %s
       FOR UPDATE
"""
MARK_PROCESSED = """
    UPDATE integration_message
       SET state = 'processed', reason = NULL, processed_at = clock_timestamp() AT TIME ZONE 'UTC',
           next_attempt_at = NULL, lease_until = NULL, leased_by = NULL
     WHERE id = %s
"""
INSERT_RECORDS = """
    INSERT INTO integration_message_record (message_id, res_model, res_id)
         SELECT %s, touched.model, touched.id FROM unnest(%s::varchar[], %s::int[]) AS touched (model, id)
"""
# index: integration_message_order_idx
WAKE_SUCCESSORS = """
    UPDATE integration_message
       SET next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
     WHERE endpoint_id = %s AND partition_key = %s AND sequence IS NOT NULL AND state = 'waiting'
"""
# index: integration_message_order_idx
HIGHEST_APPLIED = """
    SELECT coalesce(max(sequence), 0)
      FROM integration_message
     WHERE endpoint_id = %s AND partition_key = %s AND sequence IS NOT NULL
       AND state IN ('processed', 'superseded')
"""
# index: integration_message_order_idx
STATE_OF_NUMBER = """
    SELECT state FROM integration_message
     WHERE endpoint_id = %s AND partition_key = %s AND sequence = %s
     LIMIT 1
"""
SETTLE = """
    UPDATE integration_message
       SET state = %(state)s, reason = %(reason)s, lease_until = NULL, leased_by = NULL,
           next_attempt_at = CASE WHEN %(delay_s)s IS NULL THEN NULL
               ELSE clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %(delay_s)s) END
     WHERE id = %(id)s AND state = 'processing' AND leased_by = %(worker)s
"""


def apply(registry, message_id, worker):
    """Apply the message that ``worker`` has claimed, and note what became of it.

    The one place where errors of handlers are caught.
    """
    for _try in range(CONFLICT_TRIES):
        try:
            outcome = _apply_once(registry, message_id, worker)
            break
        except CONFLICTS as error:
            outcome = Outcome("retrying", f"Conflict with another change: {type(error).__name__}", 1.0)
    if outcome:
        with engine_cursor(registry) as cr:
            cr.execute(SETTLE, {**outcome._asdict(), "id": message_id, "worker": worker})
            if outcome.state == "superseded":
                _wake_successors(
                    api.Environment(cr, SUPERUSER_ID, {})["integration.message"].browse(message_id)
                )


def _apply_once(registry, message_id, worker):
    """One transaction. Returns ``None`` when the message was applied (or is not ours any more)."""
    # REPEATABLE READ, as all business code of Odoo expects.
    with registry.cursor() as cr:
        cr.execute(HOLD, [message_id, worker])
        held = cr.fetchone()
        if not held:
            return None
        tries, age_s = held[0], float(held[1])
        message = api.Environment(cr, SUPERUSER_ID, {})["integration.message"].browse(message_id)
        try:
            _check_turn(message, age_s)
            records = _run_handler(message)
            _mark_processed(message, records)
            cr.commit()  # pylint: disable=invalid-commit
            return None
        except CONFLICTS:
            cr.rollback()
            raise
        except Exception as error:  # noqa: BLE001, whatever a handler raises has its outcome
            cr.rollback()
            return _outcome(error, message_id, tries, age_s)


def _check_turn(message, age_s):
    """Whether the messages before this one were applied, where the sender numbers them.

    :raises NotYetKnown: a number is missing, and may still come.
    :raises Superseded: a later one was applied, and this type only tells the latest state.
    """
    if not message.sequence or not message.partition_key:
        return
    cr = message.env.cr
    cr.execute(HIGHEST_APPLIED, [message.endpoint_id.id, message.partition_key])
    (highest,) = cr.fetchone()
    if message.sequence > highest + 1 and age_s < message.endpoint_id.gap_wait_s:
        raise NotYetKnown(_what_is_missing(message, highest + 1))
    handler = declare.handler_for(message.env.registry, message.type, message.version)
    if message.sequence <= highest and handler and handler.latest_wins:
        raise Superseded(
            message.env._(
                "Number %(newer)s of %(key)s was applied before.", newer=highest, key=message.partition_key
            )
        )


def _what_is_missing(message, number):
    cr = message.env.cr
    cr.execute(STATE_OF_NUMBER, [message.endpoint_id.id, message.partition_key, number])
    (state,) = cr.fetchone() or (None,)
    texts = {
        None: message.env._(
            "Number %(mine)s of %(key)s waits for number %(missing)s, which has not come yet."
        ),
        "dead": message.env._("Number %(mine)s of %(key)s waits for number %(missing)s, which is dead."),
        "quarantined": message.env._(
            "Number %(mine)s of %(key)s waits for number %(missing)s, which is quarantined."
        ),
    }
    text = texts.get(state) or message.env._("Number %(mine)s of %(key)s waits for number %(missing)s.")
    return text % {"mine": message.sequence, "key": message.partition_key, "missing": number}


def _run_handler(message):
    handler = declare.handler_for(message.env.registry, message.type, message.version)
    if handler is None:
        raise RejectMessage(message.env._("No installed module knows %s.", message.type))
    user = message.endpoint_id.user_id
    if not user:
        raise RetryLater(
            message.env._("%s has no service user: choose one in its form.", message.system_id.name)
        )
    data = handler.data.model_validate(data_of(message))
    flow.begin(
        message.env.cr,
        flow.Flow(message.correlation_id, message.event_id or message.message_id, message.traceparent),
    )
    env = message.env(
        user=user.id, su=False, context={"allowed_company_ids": message.company_id.ids, "lang": user.lang}
    )
    touched = handler.apply(Incoming(message, env, data), data)
    env.flush_all()  # as the service user: what is computed at the end is its work, too
    return [touched] if hasattr(touched, "_name") else list(touched or ())


def _mark_processed(message, records):
    """The state changes in the transaction of the effect: both are there, or neither."""
    env = message.env
    pairs = list(dict.fromkeys((record._name, record_id) for record in records for record_id in record.ids))
    if pairs:
        models, ids = zip(*pairs, strict=True)
        env.cr.execute(INSERT_RECORDS, [message.id, list(models), list(ids)])
    env.cr.execute(MARK_PROCESSED, [message.id])
    _wake_successors(message)


def _wake_successors(message):
    if message.sequence and message.partition_key:
        message.env.cr.execute(WAKE_SUCCESSORS, [message.endpoint_id.id, message.partition_key])


def _outcome(error, message_id, tries, age_s):
    """What becomes of a message whose handler raised ``error``.

    :param tries: how often it was tried, this time included. :param age_s: since it was received.
    """
    match error:
        case NotYetKnown():
            if age_s > WAIT_FOR_S:
                return Outcome("dead", f"{error.sentence} It was waited for a day.", None)
            return Outcome("waiting", error.sentence, min(backoff.ceiling_s(tries) / 2, LONGEST_WAIT_S))
        case RetryLater():
            return Outcome("retrying", error.sentence, 1 + min(backoff.delay_s(tries), LONGEST_WAIT_S))
        case Superseded():
            return Outcome("superseded", error.sentence, None)
        case RejectMessage():
            return Outcome("dead", error.sentence, None)
        case ValidationError():
            return Outcome("quarantined", explain(error), None)
        case UserError():
            return Outcome("dead", str(error.args[0] if error.args else error), None)
        case psycopg2.OperationalError():
            return Outcome("retrying", "The database was interrupted", 1.0)
    _logger.error("message %s: its handler failed", message_id, exc_info=error)
    reason = f"Unexpected error in the handler: {type(error).__name__}: {error}"[:500]
    if tries >= UNFORESEEN_TRIES:
        return Outcome("dead", reason, None)
    return Outcome("retrying", reason, backoff.delay_s(tries))
