"""Taking deliveries in hand: a lease for each, so that a worker that dies gives them back."""

from collections import Counter, namedtuple

from . import health

# Beyond the requests' own timeouts: time to write the results down, in seconds.
LEASE_SPARE_S = 30

Claimed = namedtuple(
    "Claimed",
    "id subscription_id attempt failure_count age_s is_ordered replay_id event_id type version company_id "
    "occurred_at subject partition_key correlation_id causation_id traceparent data",
)

# Each subscription gives at most as many as it has room for: a slow one keeps nobody waiting. What
# waits to be sent in batches is due before its time once a batch is full (ahead_s).
# index: integration_delivery_due_idx, once per subscription
CLAIM = """
    WITH room AS (
        SELECT * FROM unnest(%(subscriptions)s::int[], %(rooms)s::int[], %(leases)s::float[],
                             %(aheads)s::float[])
               AS room (subscription_id, free, lease_s, ahead_s)
    ), due AS (
        SELECT picked.id, room.lease_s
          FROM room
    CROSS JOIN LATERAL (
               SELECT id
                 FROM integration_delivery
                WHERE subscription_id = room.subscription_id
                  AND state IN ('pending', 'retrying')
                  AND after_id IS NULL
                  AND next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC'
                                         + make_interval(secs => room.ahead_s)
                ORDER BY next_attempt_at, id
                LIMIT room.free
                  FOR NO KEY UPDATE SKIP LOCKED
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
           extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - delivery.created_at)::float,
           delivery.position IS NOT NULL, delivery.replay_id,
           event.event_id, event.type, event.version, event.company_id, event.occurred_at, event.subject,
           event.partition_key, event.correlation_id, event.causation_id, event.traceparent, event.data
"""

# index: integration_delivery_due_idx
FULL_BATCHES = """
    SELECT batching.subscription_id
      FROM unnest(%s::int[], %s::int[]) AS batching (subscription_id, size)
     WHERE (SELECT count(*)
              FROM (SELECT
                      FROM integration_delivery
                     WHERE subscription_id = batching.subscription_id
                       AND state IN ('pending', 'retrying')
                       AND after_id IS NULL
                     LIMIT batching.size) AS waiting) >= batching.size
"""

# index: integration_delivery_lease_idx
RECLAIM = """
    WITH lost AS (
        SELECT id, leased_by
          FROM integration_delivery
         WHERE state = 'sending' AND lease_until < clock_timestamp() AT TIME ZONE 'UTC'
         LIMIT 500
           FOR NO KEY UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE integration_delivery AS delivery
           SET state = 'retrying',
               next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC',
               reason = 'The worker stopped before it could note the answer',
               lease_until = NULL, leased_by = NULL
          FROM lost
         WHERE delivery.id = lost.id
     RETURNING delivery.id, delivery.attempt_count, lost.leased_by
    )
    INSERT INTO integration_attempt (delivery_id, number, started_at, is_success, reason, worker)
         SELECT id, attempt_count, clock_timestamp() AT TIME ZONE 'UTC', false,
                'The worker stopped before it could note the answer', leased_by
           FROM freed
"""

# Handed out while their subscription was still paused, seen by nobody who resumed it in that moment.
# index: integration_delivery_held_idx, once per subscription
UNPAUSE = """
    UPDATE integration_delivery AS delivery
       SET state = 'pending'
      FROM integration_subscription AS subscription
     WHERE subscription.state = 'active'
       AND delivery.subscription_id = subscription.id
       AND delivery.state = 'paused'
"""

# index: integration_delivery_lease_idx
RELEASE = """
    UPDATE integration_delivery
       SET state = CASE WHEN failure_count = 0 THEN 'pending' ELSE 'retrying' END,
           next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC',
           reason = 'The worker was interrupted', lease_until = NULL, leased_by = NULL
     WHERE state = 'sending' AND leased_by = %s AND id != ALL (%s)
"""

# index: integration_delivery_due_idx
NEXT_DUE = """
    SELECT EXTRACT(epoch FROM min(first.next_attempt_at) - clock_timestamp() AT TIME ZONE 'UTC')
      FROM unnest(%s::int[]) AS open (id)
CROSS JOIN LATERAL (
           SELECT next_attempt_at
             FROM integration_delivery
            WHERE subscription_id = open.id AND state IN ('pending', 'retrying') AND after_id IS NULL
            ORDER BY next_attempt_at
            LIMIT 1
           ) AS first
"""


def lease_s(channel):
    """Long enough for a request that begins last and takes its whole timeout."""
    return 2 * channel.timeout_s + LEASE_SPARE_S


def claim(cr, rooms, worker):
    """Take what is due.

    :param rooms: ``[(channel, number of deliveries that it has room for), …]``.
    :return: ``Claimed`` rows, oldest first.
    """
    limited = [pair for pair in rooms if pair[0].is_limited]
    if limited:
        rooms = [pair for pair in rooms if not pair[0].is_limited] + health.rooms(cr, limited)
    if not rooms:
        return []
    full = _full_batches(cr, [channel for channel, _free in rooms if channel.batch_size > 1])
    cr.execute(
        CLAIM,
        {
            "subscriptions": [channel.id for channel, _free in rooms],
            "rooms": [free for _channel, free in rooms],
            "leases": [lease_s(channel) for channel, _free in rooms],
            "aheads": [channel.batch_wait_s if channel.id in full else 0.0 for channel, _free in rooms],
            "worker": worker,
        },
    )
    claimed = sorted(map(Claimed._make, cr.fetchall()))
    if limited:
        channels = {channel.id: channel for channel, _free in limited}
        taken = Counter(row.subscription_id for row in claimed if row.subscription_id in channels)
        health.pay(cr, channels, taken)
    return claimed


def _full_batches(cr, channels):
    if not channels:
        return set()
    cr.execute(FULL_BATCHES, [[c.id for c in channels], [c.batch_size for c in channels]])
    return {id_ for (id_,) in cr.fetchall()}


def reclaim(cr):
    """Give back what dead workers held."""
    cr.execute(RECLAIM)
    return cr.rowcount


def unpause(cr):
    """Let go what stayed paused though its subscription is not."""
    cr.execute(UNPAUSE)


def release(cr, worker, known):
    """Give back what ``worker`` holds without knowing.

    :param known: ids of what it knows that it holds.
    """
    cr.execute(RELEASE, [worker, list(known)])


def seconds_to_next(cr, channels):
    """How long until something is due on one of these open channels; ``None`` when nothing waits."""
    cr.execute(NEXT_DUE, [[channel.id for channel in channels]])
    seconds = cr.fetchone()[0]
    return None if seconds is None else float(seconds)
