"""The queue of deliveries: which of them a worker claims, and what becomes of those whose worker died."""

from collections import Counter, namedtuple

from odoo.addons.integration_core.engine.queue import LeasedQueue
from odoo.addons.integration_core.engine.suspension import IS_RUNNING

from . import health

# Beyond the requests' own timeouts: time to write the results down, in seconds.
LEASE_SPARE_S = 30

Claimed = namedtuple(
    "Claimed",
    "id subscription_id attempt failure_count age_s is_ordered replay_id event_id type version company_id "
    "occurred_at subject partition_key correlation_id causation_id traceparent data",
)

# What is paused, suspended, or still has to be discarded is skipped here: pausing rewrites no delivery.
# primary keys, a row for each subscription that has room
ROOMS = f"""
    SELECT room.owner_id, room.free, room.lease_s, room.ahead_s
      FROM unnest(%(subscriptions)s::int[], %(rooms)s::int[], %(leases)s::float[], %(aheads)s::float[])
        AS room (owner_id, free, lease_s, ahead_s)
      JOIN integration_subscription AS subscription ON subscription.id = room.owner_id
      JOIN integration_system AS system ON system.id = subscription.system_id
     WHERE subscription.active AND subscription.state = 'active' AND subscription.discard_until_id IS NULL
       AND {IS_RUNNING}
"""  # noqa: S608, constants

# What waits to be sent in batches is due before its time once a batch is full (ahead_s).
# index: integration_delivery_due_idx, once per subscription; integration_delivery_lease_idx
QUEUE = LeasedQueue(
    "integration_delivery",
    "subscription_id",
    rooms=ROOMS,
    waiting=("pending", "retrying"),
    leased="sending",
    returns_to="CASE WHEN failure_count = 0 THEN 'pending' ELSE 'retrying' END",
    since="created_at",
    ready="after_id IS NULL",
    returning="""item.id, item.subscription_id, item.attempt_count, item.failure_count,
           extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - item.created_at)::float,
           item.position IS NOT NULL, item.replay_id,
           event.event_id, event.type, event.version, event.company_id, event.occurred_at, event.subject,
           event.partition_key, event.correlation_id, event.causation_id, event.traceparent, event.data""",
    more_from="integration_event AS event",
    more_where="event.id = item.event_id",
    on_dead="""failure_count = item.failure_count + 1,
           died_at = CASE WHEN lost.crashes >= %(most)s THEN clock_timestamp() AT TIME ZONE 'UTC' END""",
)

# While a breaker is half-open one request finds out: of a key that has not failed, where one is due. Not further
# back than so many: a partner that has failed with all of them is asked with any.
# index: integration_delivery_due_idx, once per subscription on trial
PROBES = f"""
    WITH room AS (
        {ROOMS}
    )
    SELECT picked.id, room.lease_s
      FROM room
      JOIN integration_subscription_health AS health ON health.subscription_id = room.owner_id
CROSS JOIN LATERAL (
           SELECT due.id
             FROM (SELECT id, event_id, next_attempt_at
                     FROM integration_delivery
                    WHERE subscription_id = room.owner_id
                      AND state IN ('pending', 'retrying')
                      AND after_id IS NULL
                      AND next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC'
                    ORDER BY next_attempt_at, id
                    LIMIT 500) AS due
             JOIN integration_event AS event ON event.id = due.event_id
            ORDER BY jsonb_exists(coalesce(health.failing_keys, '[]'),
                                  left(md5(coalesce(event.partition_key, event.event_id)), {health.KEY_LENGTH})),
                     due.next_attempt_at, due.id
            LIMIT 1
           ) AS picked
"""  # noqa: S608, constants
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


def lease_s(channel):
    """Long enough for a request that begins last and takes its whole timeout."""
    return 2 * channel.timeout_s + LEASE_SPARE_S


def claim(cr, rooms, worker, on_trial=()):
    """Lease what is due.

    :param rooms: ``[(channel, number of deliveries that it has room for), …]``.
    :param on_trial: channels of which one request finds out whether the partner is back.
    :return: ``Claimed`` rows, oldest first.
    """
    limited = [pair for pair in rooms if pair[0].is_limited]
    if limited:
        rooms = [pair for pair in rooms if not pair[0].is_limited] + health.rooms(cr, limited)
    probed = [channel for channel, _free in rooms if channel.id in on_trial]
    claimed = _probe(cr, probed, worker) if probed else []
    rooms = [pair for pair in rooms if pair[0].id not in on_trial]
    if rooms:
        full = _full_batches(cr, [channel for channel, _free in rooms if channel.batch_size > 1])
        claimed += QUEUE.claim(cr, worker, **_parameters(rooms, full))
    claimed = sorted(map(Claimed._make, claimed))
    if limited:
        channels = {channel.id: channel for channel, _free in limited}
        taken = Counter(row.subscription_id for row in claimed if row.subscription_id in channels)
        health.pay(cr, channels, taken)
    return claimed


def seconds_to_next(cr, channels):
    """How long until something is due on one of these open channels; ``None`` when nothing waits."""
    return QUEUE.seconds_to_next(cr, **_parameters([(channel, 1) for channel in channels], ()))


def _parameters(rooms, full):
    return {
        "subscriptions": [channel.id for channel, _free in rooms],
        "rooms": [free for _channel, free in rooms],
        "leases": [lease_s(channel) for channel, _free in rooms],
        "aheads": [channel.batch_wait_s if channel.id in full else 0.0 for channel, _free in rooms],
    }


def _probe(cr, channels, worker):
    cr.execute(PROBES, _parameters([(channel, 1) for channel in channels], ()))
    return QUEUE.claim_ids(cr, worker, cr.fetchall())


def _full_batches(cr, channels):
    if not channels:
        return set()
    cr.execute(FULL_BATCHES, [[c.id for c in channels], [c.batch_size for c in channels]])
    return {id_ for (id_,) in cr.fetchall()}


# What the worker that stopped had begun was an attempt.
NOTE_LOST = """
    INSERT INTO integration_attempt (delivery_id, number, started_at, is_success, reason, worker)
         SELECT lost.id, lost.number, clock_timestamp() AT TIME ZONE 'UTC', false, lost.reason, lost.worker
           FROM unnest(%s::int[], %s::int[], %s::varchar[], %s::varchar[]) AS lost (id, number, reason, worker)
"""


def reclaim(cr):
    """Take back what workers that died had leased; each is an attempt that failed.

    :return: ids of those that are given up.
    """
    lost = QUEUE.reclaim(cr)
    if lost:
        rows = [(id_, attempts, reason, worker) for id_, _state, attempts, reason, worker in lost]
        cr.execute(NOTE_LOST, [list(column) for column in zip(*rows, strict=True)])
    return [id_ for id_, state, *_rest in lost if state == "dead"]


# index: integration_delivery_due_idx; what stands behind another: integration_delivery_tail_idx
DISCARD = """
    UPDATE integration_delivery
       SET state = 'cancelled', reason = %(reason)s, next_attempt_at = NULL
     WHERE id IN (SELECT id
                    FROM integration_delivery
                   WHERE subscription_id = %(subscription_id)s AND state IN ('pending', 'retrying')
                     AND after_id IS NULL AND id <= %(until_id)s
                   LIMIT %(batch)s
                     FOR NO KEY UPDATE SKIP LOCKED)
"""
DISCARD_ORDERED = """
    UPDATE integration_delivery
       SET state = 'cancelled', reason = %(reason)s, next_attempt_at = NULL
     WHERE id IN (SELECT id
                    FROM integration_delivery
                   WHERE subscription_id = %(subscription_id)s AND partition_key IS NOT NULL
                     AND state NOT IN ('delivered', 'cancelled', 'expired')
                     AND state IN ('pending', 'retrying') AND after_id IS NOT NULL AND id <= %(until_id)s
                   LIMIT %(batch)s
                     FOR NO KEY UPDATE SKIP LOCKED)
"""
# indexes: integration_delivery_due_idx, integration_delivery_tail_idx
LEFT_TO_DISCARD = """
    SELECT
     WHERE EXISTS (SELECT
                     FROM integration_delivery
                    WHERE subscription_id = %(subscription_id)s AND state IN ('pending', 'retrying')
                      AND after_id IS NULL AND id <= %(until_id)s)
        OR EXISTS (SELECT
                     FROM integration_delivery
                    WHERE subscription_id = %(subscription_id)s AND partition_key IS NOT NULL
                      AND state NOT IN ('delivered', 'cancelled', 'expired')
                      AND state IN ('pending', 'retrying') AND after_id IS NOT NULL AND id <= %(until_id)s)
"""
TO_DISCARD = "SELECT id, discard_until_id FROM integration_subscription WHERE discard_until_id IS NOT NULL"
DISCARDED = (
    "UPDATE integration_subscription SET discard_until_id = NULL WHERE id = %s AND discard_until_id = %s"
)
DISCARD_BATCH = 5000
DISCARD_REASON = "Discarded when its subscription was resumed"


def discard(cr):
    """Cancel a batch of what waited before its subscription was resumed without it. :return: whether there was any."""
    cr.execute(TO_DISCARD)
    wanted = cr.fetchall()
    for subscription_id, until_id in wanted:
        values = {
            "subscription_id": subscription_id,
            "until_id": until_id,
            "batch": DISCARD_BATCH,
            "reason": DISCARD_REASON,
        }
        for statement in (DISCARD, DISCARD_ORDERED):
            cr.execute(statement, values)
        cr.execute(LEFT_TO_DISCARD, values)
        if not cr.rowcount:
            cr.execute(DISCARDED, [subscription_id, until_id])
    return bool(wanted)
