"""Order per key: each delivery of an ordered subscription stands in its key's line.

A delivery that waits for another names it in ``after_id`` and is not due. When that other one is over,
the engine calls the next. Two things make this safe:

- lines are joined by one transaction at a time (``watermark.lock_dispatch``), in the order of the events;
- it locks the last of each line, and ``settle`` locks what it finishes: either the one that joins sees it
  finished, or the one that finishes sees who joined.

What a person cancels leaves its line in the engine, too (``remove_cancelled``): under an Odoo request's
REPEATABLE READ, somebody who has just joined behind it would not be seen.
"""

from collections import namedtuple

Newcomer = namedtuple("Newcomer", "event_id subscription_id key wait_s coalesces")

OVER = ("delivered", "cancelled", "expired")

# index: integration_delivery_tail_idx, once per key
TAILS = """
    SELECT wanted.subscription_id, wanted.key, tail.id
      FROM unnest(%s::int[], %s::varchar[]) AS wanted (subscription_id, key)
CROSS JOIN LATERAL (
           SELECT id
             FROM integration_delivery
            WHERE subscription_id = wanted.subscription_id
              AND partition_key = wanted.key
              AND state NOT IN ('delivered', 'cancelled', 'expired')
            ORDER BY position DESC
            LIMIT 1
           ) AS tail
"""
# In the order of ids, like LOCK_FINISHED: whoever locks several never waits in a circle.
LOCK_TAILS = """
    SELECT id, state, subscription_id
      FROM integration_delivery
     WHERE id = ANY (%s)
     ORDER BY id
       FOR SHARE
"""
LOCK_FINISHED = """
    SELECT id
      FROM integration_delivery
     WHERE id = ANY (%s)
     ORDER BY id
       FOR NO KEY UPDATE
"""
# Where no order is kept (a stock level of which only the latest counts), a dead one holds nobody.
HOLDS_AT_DEAD = (
    "SELECT id FROM integration_subscription WHERE id = ANY (%s) AND is_ordered AND on_dead = 'hold'"
)

NEW_IDS = "SELECT nextval('integration_delivery_id_seq') FROM generate_series(1, %s)"

ALREADY_THERE = """
    SELECT delivery.event_id, delivery.subscription_id
      FROM unnest(%s::int[], %s::int[]) AS wanted (event_id, subscription_id)
      JOIN integration_delivery AS delivery USING (event_id, subscription_id)
"""
INSERT = """
    INSERT INTO integration_delivery
                (id, position, event_id, subscription_id, partition_key, after_id, state, attempt_count,
                 failure_count, created_at, next_attempt_at)
         SELECT id, id, event_id, subscription_id, key, after_id, 'pending', 0, 0,
                clock_timestamp() AT TIME ZONE 'UTC',
                clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => wait_s)
           FROM unnest(%s::int[], %s::int[], %s::int[], %s::varchar[], %s::int[], %s::float[])
             AS newcomer (id, event_id, subscription_id, key, after_id, wait_s)
"""
# index: integration_delivery_tail_idx
COALESCE = """
    UPDATE integration_delivery AS delivery
       SET state = 'cancelled', reason = 'A newer event of the same key took its place'
      FROM unnest(%s::int[], %s::varchar[], %s::int[]) AS newcomer (subscription_id, key, event_id),
           integration_event AS old, integration_event AS new
     WHERE delivery.subscription_id = newcomer.subscription_id
       AND delivery.partition_key = newcomer.key
       AND delivery.state = 'pending'
       AND delivery.attempt_count = 0
       AND old.id = delivery.event_id
       AND new.id = newcomer.event_id
       AND old.type = new.type AND old.id < new.id
"""
# index: integration_delivery_leaving_idx
LEAVING = """
    SELECT id, after_id
      FROM integration_delivery
     WHERE state = 'cancelled' AND position IS NOT NULL
     ORDER BY id
     LIMIT 1000
       FOR NO KEY UPDATE
"""
# index: integration_delivery_after_idx
CLOSE_GAP = """
    UPDATE integration_delivery AS delivery
       SET after_id = gap.ahead_id,
           next_attempt_at = CASE WHEN gap.ahead_id IS NOT NULL THEN delivery.next_attempt_at
                ELSE greatest(delivery.next_attempt_at, clock_timestamp() AT TIME ZONE 'UTC') END
      FROM unnest(%s::int[], %s::int[]) AS gap (id, ahead_id)
     WHERE delivery.after_id = gap.id
"""
LEFT = "UPDATE integration_delivery SET position = NULL, after_id = NULL WHERE id = ANY (%s)"
# index: integration_delivery_unplaced_idx
UNPLACED = """
    SELECT id, subscription_id, partition_key
      FROM integration_delivery
     WHERE state = 'pending' AND next_attempt_at IS NULL AND position IS NULL AND partition_key IS NOT NULL
     ORDER BY event_id
     LIMIT 1000
       FOR NO KEY UPDATE
"""
PLACED = "UPDATE integration_delivery SET next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC' WHERE id = ANY (%s)"
# index: integration_delivery_held_idx, then integration_delivery_after_idx
RELEASE_BEHIND_DEAD = """
    UPDATE integration_delivery AS delivery
       SET after_id = NULL,
           next_attempt_at = greatest(delivery.next_attempt_at, clock_timestamp() AT TIME ZONE 'UTC')
      FROM integration_delivery AS ahead
      JOIN integration_subscription AS subscription ON subscription.id = ahead.subscription_id
     WHERE ahead.state = 'dead' AND delivery.after_id = ahead.id
       AND (subscription.on_dead = 'skip' OR subscription.is_ordered IS NOT TRUE)
"""
# Out of every line first: one that stood in the middle of it must not be its own successor.
REJOIN = """
    UPDATE integration_delivery AS delivery
       SET position = place.position, partition_key = place.key, after_id = place.after_id
      FROM unnest(%s::int[], %s::int[], %s::varchar[], %s::int[]) AS place (id, position, key, after_id)
     WHERE delivery.id = place.id
"""
# index: integration_delivery_after_idx
RELEASE_NEXT = """
    UPDATE integration_delivery
       SET after_id = NULL,
           next_attempt_at = greatest(next_attempt_at, clock_timestamp() AT TIME ZONE 'UTC')
     WHERE after_id = ANY (%s)
"""


def enqueue(cr, newcomers):
    """Insert these deliveries at the ends of their lines; under the dispatch lock (``watermark.lock_dispatch``).

    :param newcomers: ``Newcomer`` rows in the order of the events.
    """
    newcomers = _without_those_there(cr, newcomers)
    if not newcomers:
        return
    newcomers = _coalesced(cr, newcomers)
    tails = _tails(cr, {(n.subscription_id, n.key) for n in newcomers})
    cr.execute(NEW_IDS, [len(newcomers)])
    rows = []
    for (new_id,), newcomer in zip(cr.fetchall(), newcomers, strict=True):
        place = newcomer.subscription_id, newcomer.key
        rows.append(
            (
                new_id,
                newcomer.event_id,
                newcomer.subscription_id,
                newcomer.key,
                tails.get(place),
                newcomer.wait_s,
            )
        )
        tails[place] = new_id
    cr.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])


def requeue(cr, deliveries):
    """Line up deliveries that are sent again, behind everybody; under the dispatch lock.

    :param deliveries: ``[(id, subscription id, key), …]`` in the order that they are to go out in, open
        again in this transaction.
    """
    ids = [id_ for id_, _subscription_id, _key in deliveries]
    cr.execute(
        "UPDATE integration_delivery SET position = NULL, partition_key = NULL WHERE id = ANY (%s)", [ids]
    )
    release_next(cr, ids)
    tails = _tails(cr, {(subscription_id, key) for _id, subscription_id, key in deliveries})
    cr.execute(NEW_IDS, [len(deliveries)])
    rows = []
    for (position,), (id_, subscription_id, key) in zip(cr.fetchall(), deliveries, strict=True):
        rows.append((id_, position, key, tails.get((subscription_id, key))))
        tails[subscription_id, key] = id_
    cr.execute(REJOIN, [list(column) for column in zip(*rows, strict=True)])


def _without_those_there(cr, newcomers):
    cr.execute(ALREADY_THERE, [[n.event_id for n in newcomers], [n.subscription_id for n in newcomers]])
    there = set(cr.fetchall())
    return [n for n in newcomers if (n.event_id, n.subscription_id) not in there]


def _coalesced(cr, newcomers):
    """Drop what was not sent yet where a newer value is here: of these, and of those that wait."""
    latest = {
        (newcomer.subscription_id, newcomer.key, newcomer.coalesces): newcomer
        for newcomer in newcomers
        if newcomer.coalesces
    }
    if not latest:
        return newcomers
    columns = zip(*((n.subscription_id, n.key, n.event_id) for n in latest.values()), strict=True)
    cr.execute(COALESCE, [list(column) for column in columns])
    if cr.rowcount:
        remove_cancelled(cr)
    kept = {(n.event_id, n.subscription_id) for n in latest.values()}
    return [n for n in newcomers if not n.coalesces or (n.event_id, n.subscription_id) in kept]


def _tails(cr, places):
    """The last of each line that the next one has to wait for, locked: ``{(subscription, key): id}``."""
    subscriptions, keys = zip(*sorted(places), strict=True)
    cr.execute(TAILS, [list(subscriptions), list(keys)])
    tails = {(subscription_id, key): id_ for subscription_id, key, id_ in cr.fetchall()}
    if not tails:
        return {}
    cr.execute(LOCK_TAILS, [list(tails.values())])
    states = {id_: (state, subscription_id) for id_, state, subscription_id in cr.fetchall()}
    dead = sorted({subscription_id for state, subscription_id in states.values() if state == "dead"})
    holding = set()
    if dead:
        cr.execute(HOLDS_AT_DEAD, [dead])
        holding = {id_ for (id_,) in cr.fetchall()}
    waited_for = {
        id_
        for id_, (state, subscription_id) in states.items()
        if state not in OVER and (state != "dead" or subscription_id in holding)
    }
    return {place: id_ for place, id_ in tails.items() if id_ in waited_for}


def lock(cr, ids):
    """To be called before deliveries that stand in a line are finished."""
    cr.execute(LOCK_FINISHED, [ids])


def release_next(cr, finished):
    """Let those go out that waited for these deliveries.

    :param finished: ids that :func:`lock` locked in this transaction, before they were changed.
    """
    if finished:
        cr.execute(RELEASE_NEXT, [finished])


def remove_cancelled(cr):
    """Take what was cancelled out of its line; under the dispatch lock (``watermark.lock_dispatch``)."""
    cr.execute(LEAVING)
    remove(cr, dict(cr.fetchall()))


def remove(cr, ahead_of):
    """Take deliveries out of their lines: who waited for one waits for the one before it.

    :param ahead_of: ``{id: the delivery that it waits for, or None}``, locked.
    """
    if not ahead_of:
        return
    gaps = []
    for id_, ahead in ahead_of.items():
        while ahead in ahead_of:
            ahead = ahead_of[ahead]
        gaps.append((id_, ahead))
    cr.execute(CLOSE_GAP, [list(column) for column in zip(*gaps, strict=True)])
    cr.execute(LEFT, [list(ahead_of)])


def release_behind_dead(cr):
    """Call those that wait for a dead delivery though their subscription goes on without it."""
    cr.execute(RELEASE_BEHIND_DEAD)


def enqueue_unplaced(cr):
    """Enqueue what fell back to an ordered subscription; under the dispatch lock."""
    cr.execute(UNPLACED)
    found = cr.fetchall()
    if found:
        requeue(cr, found)
        cr.execute(PLACED, [[id_ for id_, _subscription_id, _key in found]])
