"""Taking deliveries in hand: a lease for each, so that a worker that dies gives them back."""

from collections import namedtuple

# Beyond the request's own timeout: time to write the result down, in seconds.
LEASE_SPARE_S = 30

Claimed = namedtuple(
    "Claimed",
    "id subscription_id attempt failure_count event_id type version company_id occurred_at subject "
    "partition_key correlation_id causation_id traceparent data",
)

# Each subscription gives at most as many as it has room for: a slow one keeps nobody waiting.
# index: integration_delivery__due_idx, once per subscription
CLAIM = """
    WITH room AS (
        SELECT * FROM unnest(%(subscriptions)s::int[], %(rooms)s::int[], %(leases)s::float[])
               AS room (subscription_id, free, lease_s)
    ), due AS (
        SELECT picked.id, room.lease_s
          FROM room
    CROSS JOIN LATERAL (
               SELECT id
                 FROM integration_delivery
                WHERE subscription_id = room.subscription_id
                  AND state IN ('pending', 'retrying')
                  AND next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC'
                ORDER BY next_attempt_at, id
                LIMIT room.free
                  FOR UPDATE SKIP LOCKED
               ) AS picked
    )
    UPDATE integration_delivery AS delivery
       SET state = 'sending',
           attempt_count = attempt_count + 1,
           leased_by = %(worker)s,
           lease_until = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => due.lease_s)
      FROM due, integration_event AS event
     WHERE delivery.id = due.id AND event.id = delivery.event_id
 RETURNING delivery.id, delivery.subscription_id, delivery.attempt_count, delivery.failure_count,
           event.event_id, event.type, event.version, event.company_id, event.occurred_at, event.subject,
           event.partition_key, event.correlation_id, event.causation_id, event.traceparent, event.data
"""

# index: integration_delivery__lease_idx
RECLAIM = """
    WITH lost AS (
        SELECT id
          FROM integration_delivery
         WHERE state = 'sending' AND lease_until < clock_timestamp() AT TIME ZONE 'UTC'
         LIMIT 500
           FOR UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE integration_delivery AS delivery
           SET state = 'retrying',
               next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC',
               reason = 'The worker stopped before it could note the answer'
          FROM lost
         WHERE delivery.id = lost.id
     RETURNING delivery.id, delivery.attempt_count, delivery.leased_by
    )
    INSERT INTO integration_attempt (delivery_id, number, started_at, is_success, reason, worker)
         SELECT id, attempt_count, clock_timestamp() AT TIME ZONE 'UTC', false,
                'The worker stopped before it could note the answer', leased_by
           FROM freed
"""

# index: integration_delivery__lease_idx
RELEASE = """
    UPDATE integration_delivery
       SET state = 'retrying', next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC',
           reason = 'The worker was interrupted', lease_until = NULL, leased_by = NULL
     WHERE state = 'sending' AND leased_by = %s
"""

# index: integration_delivery__due_idx
NEXT_DUE = """
    SELECT EXTRACT(epoch FROM min(first.next_attempt_at) - clock_timestamp() AT TIME ZONE 'UTC')
      FROM unnest(%s::int[]) AS open (id)
CROSS JOIN LATERAL (
           SELECT next_attempt_at
             FROM integration_delivery
            WHERE subscription_id = open.id AND state IN ('pending', 'retrying')
            ORDER BY next_attempt_at
            LIMIT 1
           ) AS first
"""


def claim(cr, rooms, worker):
    """Take what is due.

    :param rooms: ``[(channel, number of deliveries that it has room for), …]``.
    :return: ``Claimed`` rows, oldest first.
    """
    cr.execute(
        CLAIM,
        {
            "subscriptions": [channel.id for channel, _free in rooms],
            "rooms": [free for _channel, free in rooms],
            "leases": [channel.timeout_s + LEASE_SPARE_S for channel, _free in rooms],
            "worker": worker,
        },
    )
    return sorted((Claimed._make(row) for row in cr.fetchall()), key=lambda claimed: claimed.id)


def reclaim(cr):
    """Give back what dead workers held."""
    cr.execute(RECLAIM)
    return cr.rowcount


def release(cr, worker):
    """Give back what ``worker`` holds: it lost track of it."""
    cr.execute(RELEASE, [worker])


def seconds_to_next(cr, channels):
    """How long until something is due on one of these open channels; ``None`` when nothing waits."""
    cr.execute(NEXT_DUE, [[channel.id for channel in channels]])
    seconds = cr.fetchone()[0]
    return None if seconds is None else float(seconds)
