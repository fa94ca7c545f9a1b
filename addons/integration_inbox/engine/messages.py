"""Queue of messages: claim, release and reclaim."""

from odoo.addons.integration_core.engine.queue import LeasedQueue
from odoo.addons.integration_core.engine.suspension import IS_RUNNING

# How long a worker may keep a message that it has not begun, in seconds. One that it has begun is locked
# until its transaction ends, however long that takes.
LEASE_S = 60

# What was accepted stays unapplied while its endpoint is archived, or its system suspended.
ROOMS = f"""
    SELECT endpoint.id AS owner_id, %(most)s AS free, {LEASE_S} AS lease_s, 0 AS ahead_s
      FROM integration_endpoint AS endpoint
      JOIN integration_system AS system ON system.id = endpoint.system_id
     WHERE endpoint.active AND endpoint.discard_until_id IS NULL
       AND {IS_RUNNING}
"""  # noqa: S608, constants

# index: integration_message_due_idx, once per endpoint; integration_message_lease_idx
QUEUE = LeasedQueue(
    "integration_message",
    "endpoint_id",
    rooms=ROOMS,
    waiting=("received", "waiting", "retrying"),
    leased="processing",
    returns_to="'received'",
    since="received_at",
    is_fair=True,
)


def claim(cr, worker, most):
    """Lease up to ``most`` messages. :return: ``[(id, how often it was claimed), …]``, the oldest first."""
    return sorted(QUEUE.claim(cr, worker, most=most))


def seconds_to_next(cr):
    return QUEUE.seconds_to_next(cr, most=1)


# index: integration_message_due_idx
DISCARD = """
    UPDATE integration_message
       SET state = 'kept', reason = %(reason)s, next_attempt_at = NULL
     WHERE id IN (SELECT id
                    FROM integration_message
                   WHERE endpoint_id = %(endpoint_id)s AND state IN ('received', 'waiting', 'retrying')
                     AND id <= %(until_id)s
                   LIMIT %(batch)s
                     FOR NO KEY UPDATE SKIP LOCKED)
 RETURNING id, state, reason
"""
# index: integration_message_due_idx
LEFT_TO_DISCARD = """
    SELECT
      FROM integration_message
     WHERE endpoint_id = %(endpoint_id)s AND state IN ('received', 'waiting', 'retrying') AND id <= %(until_id)s
     LIMIT 1
"""
TO_DISCARD = "SELECT id, discard_until_id FROM integration_endpoint WHERE discard_until_id IS NOT NULL"
DISCARDED = "UPDATE integration_endpoint SET discard_until_id = NULL WHERE id = %s AND discard_until_id = %s"
DISCARD_BATCH = 1000
DISCARD_REASON = "Left out when its system was resumed"


def discard(cr):
    """Store a batch of what waited before its system was resumed without it, applying nothing.

    :return: ``[(id, state, reason), …]``.
    """
    cr.execute(TO_DISCARD)
    discarded = []
    for endpoint_id, until_id in cr.fetchall():
        values = {
            "endpoint_id": endpoint_id,
            "until_id": until_id,
            "batch": DISCARD_BATCH,
            "reason": DISCARD_REASON,
        }
        cr.execute(DISCARD, values)
        discarded += cr.fetchall()
        cr.execute(LEFT_TO_DISCARD, values)
        if not cr.rowcount:
            cr.execute(DISCARDED, [endpoint_id, until_id])
    return discarded
