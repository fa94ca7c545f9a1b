"""Handing events out again: a few at a time, at the ends of their lines."""

from odoo.addons.integration_core.policy import keys, patterns

from . import ordering, personal_data
from .fanout import SUBSCRIPTIONS, Wanted

# However long the engine slept, not more at once.
MOST = 2000

# index: integration_replay_running_idx
NEXT_REPLAYS = """
    SELECT id, company_id, since, until, event_patterns, system_id, which, is_selection, cursor_id, last_id,
           state,
           least(%s, rate_per_s * extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - started_at)
                     - handed_out)::int AS allowed,
           ARRAY (SELECT integration_subscription_id
                    FROM integration_replay_integration_subscription_rel
                   WHERE integration_replay_id = integration_replay.id) AS subscription_ids
      FROM integration_replay
     WHERE state IN ('running', 'cancelling')
     ORDER BY id
       FOR NO KEY UPDATE SKIP LOCKED
"""
# primary key, from where it stopped; not those that are still to be handed out the first time
NEXT_EVENTS = """
    SELECT event.id, event.type, event.version, event.company_id, event.partition_key,
           CASE WHEN event.is_echo THEN event.origin_system_id END, event.is_older_version IS TRUE
      FROM integration_event AS event
     WHERE event.id > %(cursor_id)s AND event.id <= %(last_id)s
       AND (event.company_id = %(company_id)s OR event.company_id IS NULL)
       AND event.occurred_at BETWEEN %(since)s AND %(until)s
       AND event.error IS NULL
       AND NOT EXISTS (SELECT FROM integration_event_pending AS pending WHERE pending.id = event.id)
     ORDER BY event.id
     LIMIT %(most)s
"""
# index: integration_replay_selection_replay_idx, from where it stopped; each row names one event, and the
# subscription where a delivery was selected
NEXT_SELECTED = """
    SELECT selection.id, selection.subscription_id,
           event.id, event.type, event.version, event.company_id, event.partition_key,
           CASE WHEN event.is_echo THEN event.origin_system_id END, event.is_older_version IS TRUE,
           event.error IS NULL AND event.data IS NOT NULL
           AND NOT EXISTS (SELECT FROM integration_event_pending AS pending WHERE pending.id = event.id)
      FROM integration_replay_selection AS selection
      JOIN integration_event AS event ON event.id = selection.event_id
     WHERE selection.replay_id = %(id)s
       AND selection.id > %(cursor_id)s AND selection.id <= %(last_id)s
     ORDER BY selection.id
     LIMIT %(most)s
"""
SYSTEM_OF = "SELECT id, system_id FROM integration_subscription WHERE id = ANY (%s)"
# unique index on (event_id, subscription_id)
AS_THEY_ARE = """
    SELECT delivery.event_id, delivery.subscription_id, delivery.id, delivery.state
      FROM unnest(%s::int[], %s::int[]) AS wanted (event_id, subscription_id)
      JOIN integration_delivery AS delivery USING (event_id, subscription_id)
     ORDER BY delivery.id
       FOR NO KEY UPDATE OF delivery
"""
INSERT = """
    INSERT INTO integration_delivery
                (event_id, subscription_id, state, attempt_count, failure_count, created_at, next_attempt_at,
                 replay_id)
         SELECT wanted.event_id, wanted.subscription_id, 'pending', 0, 0,
                clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC', %s
           FROM unnest(%s::int[], %s::int[]) AS wanted (event_id, subscription_id)
"""
AGAIN = """
    UPDATE integration_delivery AS delivery
       SET state = 'pending', failure_count = 0, replay_id = %s, reason = NULL,
           created_at = clock_timestamp() AT TIME ZONE 'UTC',
           next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
     WHERE delivery.id = ANY (%s)
"""
ADVANCE = """
    UPDATE integration_replay
       SET cursor_id = %s, handed_out = least(total, handed_out + %s),
           state = CASE WHEN %s THEN 'done' ELSE state END,
           finished_at = CASE WHEN %s THEN clock_timestamp() AT TIME ZONE 'UTC' END
     WHERE id = %s
"""
# index: integration_delivery__replay_id_index
TAKE_BACK = """
    UPDATE integration_delivery
       SET state = CASE WHEN delivered_at IS NULL THEN 'cancelled' ELSE 'delivered' END,
           reason = CASE WHEN delivered_at IS NULL THEN 'Its replay was cancelled' END,
           next_attempt_at = NULL
     WHERE replay_id = %s AND state IN ('pending', 'retrying')
 RETURNING id, after_id, position
"""
CANCELLED = """
    UPDATE integration_replay
       SET state = 'cancelled', finished_at = clock_timestamp() AT TIME ZONE 'UTC'
     WHERE id = %s
"""
# What a replay sends again: everything that is over, and what nobody tries any more.
AGAINABLE = {"all": {*ordering.OVER, "dead"}, "undelivered": {"dead", "cancelled", "expired"}}


def advance(cr):
    """Go on with every replay; under the dispatch lock (``watermark.lock_dispatch``).

    :return: how many events were handed out.
    """
    cr.execute(NEXT_REPLAYS, [MOST])
    names = [column.name for column in cr.description]
    return sum(_advance(cr, dict(zip(names, row, strict=True))) for row in cr.fetchall())


def _advance(cr, replay):
    if replay["state"] == "cancelling":
        _cancel(cr, replay["id"])
        return 0
    if replay["allowed"] < 1:
        return 0
    take = _next_selected if replay["is_selection"] else _next_of_period
    looked_at, cursor, events, pairs = take(cr, replay)
    _hand_out(cr, replay, pairs)
    is_done = looked_at < replay["allowed"]
    cursor = cursor or replay["last_id"]
    cr.execute(ADVANCE, [cursor, events, is_done, is_done, replay["id"]])
    return events


def _next_of_period(cr, replay):
    """The next events of the period, and who wants them.

    :return: how many events were looked at, the last one's id, how many fit, ``[(event, subscription), …]``.
    """
    cr.execute(NEXT_EVENTS, {**replay, "most": replay["allowed"]})
    found = cr.fetchall()
    names = patterns.split(replay["event_patterns"])
    events = [event for event in found if patterns.fits(names, event[1])]
    pairs = _pairs(cr, replay, [(event, None) for event in events])
    return len(found), found[-1][0] if found else None, len(events), pairs


def _next_selected(cr, replay):
    """The next rows of the selection, as :func:`_next_of_period` returns them."""
    cr.execute(NEXT_SELECTED, {**replay, "most": replay["allowed"]})
    found = cr.fetchall()
    chosen = [(row[2:9], row[1]) for row in found if row[9]]
    return len(found), found[-1][0] if found else None, len(found), _pairs(cr, replay, chosen)


def _pairs(cr, replay, chosen):
    """``[(event, subscription), …]`` of what is sent again.

    :param chosen: ``[(event, subscription id), …]``. A named subscription gets its delivery again, whatever
        its patterns are by now; ``None`` stands for each that wants the event.
    """
    if not chosen:
        return []
    cr.execute(SUBSCRIPTIONS)
    rows = cr.fetchall()
    withheld = personal_data.withheld(cr)
    wanted = Wanted(rows, withheld)
    cr.execute(SYSTEM_OF, [[s.id for s in wanted.subscriptions]])
    systems = dict(cr.fetchall())
    by_id = {s.id: s for s in wanted.subscriptions}
    pairs = []
    for event, subscription_id in chosen:
        if subscription_id:
            if subscription_id in by_id and not withheld(subscription_id, event[1]):
                pairs.append((event, by_id[subscription_id]))
            continue
        pairs += [
            (event, subscription)
            for subscription in wanted.by(
                event[1], event[3] or replay["company_id"], event[5], event[2], event[6]
            )
            if (not replay["system_id"] or systems[subscription.id] == replay["system_id"])
            and (not replay["subscription_ids"] or subscription.id in replay["subscription_ids"])
        ]
    return pairs


def _hand_out(cr, replay, pairs):
    if not pairs:
        return
    cr.execute(AS_THEY_ARE, [[e[0] for e, _s in pairs], [s.id for _e, s in pairs]])
    there = {
        (event_id, subscription_id): (id_, state) for event_id, subscription_id, id_, state in cr.fetchall()
    }
    before = {place: state for place, (_id, state) in there.items()}
    fresh = [(e, s) for e, s in pairs if (e[0], s.id) not in there]
    again = [
        (e, s, there[e[0], s.id][0])
        for e, s in pairs
        if (e[0], s.id) in there and there[e[0], s.id][1] in AGAINABLE[replay["which"]]
    ]
    if fresh:
        rows = [(e[0], s.id) for e, s in fresh]
        cr.execute(INSERT, [replay["id"], *(list(column) for column in zip(*rows, strict=True))])
        cr.execute(AS_THEY_ARE, [[e[0] for e, _s in fresh], [s.id for _e, s in fresh]])
        there.update({(e, s): (id_, state) for e, s, id_, state in cr.fetchall()})
    if again:
        cr.execute(AGAIN, [replay["id"], [id_ for _e, _s, id_ in again]])
    # A dead one keeps its place: what holds behind it is younger.
    moving = {id_ for e, s, id_ in again if before[e[0], s.id] != "dead"}
    moving |= {there[e[0], s.id][0] for e, s in fresh}
    ordered = [
        (there[e[0], s.id][0], s.id, keys.bounded(e[4]))
        for e, s in pairs
        if s.is_ordered and there[e[0], s.id][0] in moving
    ]
    if ordered:
        ordering.requeue(cr, ordered)


def _cancel(cr, replay_id):
    cr.execute(TAKE_BACK, [replay_id])
    ordering.remove(cr, {id_: after_id for id_, after_id, position in cr.fetchall() if position is not None})
    cr.execute(CANCELLED, [replay_id])
