"""From an event to its deliveries: after commit, one transaction per batch."""

import json

from odoo.modules.registry import Registry

from odoo.addons.integration_core import declare, logs
from odoo.addons.integration_core.engine.settling import is_connection_lost
from odoo.addons.integration_core.policy import keys, patterns

from . import ordering, personal_data
from .watermark import lock_dispatch

_logger = logs.get_logger(__name__)

BATCH = 1000

# primary key of the pending rows; the events by primary key
TAKE_PENDING = """
    WITH taken AS (
        DELETE FROM integration_event_pending
              WHERE id IN (SELECT id
                             FROM integration_event_pending
                            WHERE id <= %s
                            ORDER BY id
                            LIMIT %s
                              FOR UPDATE SKIP LOCKED)
          RETURNING id
    )
    SELECT event.id, event.type, event.version, event.company_id,
           CASE WHEN event.is_echo THEN event.origin_system_id END, event.partition_key,
           event.is_older_version IS TRUE
      FROM taken
      JOIN integration_event AS event ON event.id = taken.id
     ORDER BY event.id
"""
# What is committed above the watermark: an older event may still follow. The rows stay pending.
LOOK_AHEAD = """
    SELECT event.id, event.type, event.version, event.company_id,
           CASE WHEN event.is_echo THEN event.origin_system_id END, event.partition_key,
           event.is_older_version IS TRUE
      FROM integration_event_pending AS pending
      JOIN integration_event AS event ON event.id = pending.id
     WHERE pending.id > %s
     ORDER BY pending.id
     LIMIT %s
"""
# Few rows, read in the same transaction as the events and after them: one that was cached, or read
# before, could miss a subscription that was there when an event committed.
SUBSCRIPTIONS = """
    SELECT subscription.id, subscription.company_id, subscription.event_patterns, subscription.is_ordered,
           CASE WHEN subscription.is_echoed IS NOT TRUE THEN subscription.system_id END,
           CASE WHEN subscription.batch_size > 1 THEN subscription.batch_wait_s ELSE 0 END,
           (SELECT json_object_agg(type.name, type.version)
              FROM integration_subscription_pinned_type_rel AS pinned
              JOIN integration_event_type AS type ON type.id = pinned.event_type_id
             WHERE pinned.subscription_id = subscription.id)
      FROM integration_subscription AS subscription
      JOIN integration_system AS system ON system.id = subscription.system_id
     WHERE subscription.active AND system.active
"""
# unique index on (event_id, subscription_id)
INSERT_DELIVERIES = """
    INSERT INTO integration_delivery
                (event_id, subscription_id, state, attempt_count, failure_count, created_at, next_attempt_at)
         SELECT wanted.event_id, wanted.subscription_id, 'pending', 0, 0,
                clock_timestamp() AT TIME ZONE 'UTC',
                clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => wanted.wait_s)
           FROM json_to_recordset(%s) AS wanted (event_id int, subscription_id int, wait_s float)
    ON CONFLICT (event_id, subscription_id) DO NOTHING
"""


class Wanted:
    """Which subscriptions want an event, each type and company looked up once.

    :param withheld: ``withheld(subscription id, event type)``: what no pattern covers (``personal_data``).
    """

    def __init__(self, rows, withheld):
        self._withheld = withheld
        self.subscriptions = [
            Subscription(id_, company, patterns.split(text), is_ordered, not_from, wait_s, pinned)
            for id_, company, text, is_ordered, not_from, wait_s, pinned in rows
        ]
        self._found = {}

    def by(self, event_type, company_id, echo_of, version, is_older):
        """:param company_id: of the event; ``None`` is for every company.
        :param echo_of: the system that the event repeats: it knows already, unless it asked to hear.
        :param is_older: a newer version of the event was emitted beside it.
        """
        key = event_type, company_id, echo_of, version, is_older
        if key not in self._found:
            self._found[key] = [
                s
                for s in self.subscriptions
                if company_id in (None, s.company_id)
                and patterns.fits(s.patterns, event_type)
                and not self._withheld(s.id, event_type)
                and (echo_of is None or s.not_from != echo_of)
                and s.gets_version(event_type, version, is_older)
            ]
        return self._found[key]


class Subscription:
    __slots__ = ("id", "company_id", "patterns", "is_ordered", "not_from", "wait_s", "pinned")

    def __init__(self, id_, company_id, names, is_ordered, not_from, wait_s, pinned):
        self.id, self.company_id, self.patterns = id_, company_id, names
        self.is_ordered, self.not_from, self.wait_s = is_ordered, not_from, wait_s
        self.pinned = pinned or {}

    def gets_version(self, event_type, version, is_older):
        """The one that it is pinned to, or else the newest that there was."""
        if event_type in self.pinned:
            return self.pinned[event_type] == version
        return not is_older


def fan_out(cr, looked_ahead_to=0):
    """Give every subscription its delivery of the next batch of events.

    Events are dispatched in the order of their ids, up to the watermark. Above it, subscriptions that keep
    no order do not have to wait: they get theirs ahead.

    :param looked_ahead_to: the id up to which this lane has looked ahead.
    :return: how many events were dispatched or looked ahead at, and the new ``looked_ahead_to``.
    """
    cr.execute("SELECT FROM integration_event_pending LIMIT 1")
    if not cr.rowcount:
        return 0, looked_ahead_to
    watermark = lock_dispatch(cr)
    if watermark is None:
        return 0, looked_ahead_to
    cr.execute(TAKE_PENDING, [watermark, BATCH])
    events = cr.fetchall()
    ahead = []
    if not events:
        cr.execute(LOOK_AHEAD, [max(watermark, looked_ahead_to), BATCH])
        ahead = cr.fetchall()
        if not ahead:
            return 0, looked_ahead_to
        looked_ahead_to = ahead[-1][0]
    cr.execute(SUBSCRIPTIONS)
    wanted = Wanted(cr.fetchall(), personal_data.withheld(cr))
    _insert(cr, events or ahead, wanted)
    if events:
        _enqueue_ordered(cr, events, wanted)
    return len(events or ahead), looked_ahead_to


# primary keys
SET_ASIDE = """
    WITH taken AS (
        DELETE FROM integration_event_pending WHERE id = %s RETURNING id
    )
    UPDATE integration_event AS event SET error = %s FROM taken WHERE event.id = taken.id
"""


def fan_out_singly(cr):
    """Fan out a batch event by event, after it could not be as a whole: one that cannot be is set aside.

    It stands among those that were not built, with its reason.

    :return: how many were fanned out, or set aside.
    """
    watermark = lock_dispatch(cr)
    if watermark is None:
        return 0
    done = 0
    for _n in range(BATCH):
        cr.execute("SELECT min(id) FROM integration_event_pending WHERE id <= %s", [watermark])
        event_id = cr.fetchone()[0]
        if event_id is None:
            break
        cr.execute("SAVEPOINT fan_out")
        try:
            cr.execute(TAKE_PENDING, [event_id, 1])
            events = cr.fetchall()
            cr.execute(SUBSCRIPTIONS)
            wanted = Wanted(cr.fetchall())
            _insert(cr, events, wanted)
            _enqueue_ordered(cr, events, wanted)
        except Exception as error:
            if is_connection_lost(error):
                raise
            _logger.exception("event %s could not be fanned out", event_id)
            cr.execute("ROLLBACK TO SAVEPOINT fan_out")
            reason = f"Could not be fanned out: {type(error).__name__}: {error}".partition("\n")[0]
            cr.execute(SET_ASIDE, [event_id, reason.replace("\0", "")[:500]])
        done += 1
    return done


def _insert(cr, events, wanted):
    rows = [
        {
            "event_id": event_id,
            "subscription_id": subscription.id,
            "wait_s": subscription.wait_s,
        }
        for event_id, event_type, version, company_id, echo_of, _key, is_older in events
        for subscription in wanted.by(event_type, company_id, echo_of, version, is_older)
        if not subscription.is_ordered and not _coalesces(cr, event_type, version)
    ]
    if rows:
        cr.execute(INSERT_DELIVERIES, [json.dumps(rows)])


def _enqueue_ordered(cr, events, wanted):
    rows = [
        ordering.Newcomer(event_id, subscription.id, keys.bounded(key), subscription.wait_s, coalesces)
        for event_id, event_type, version, company_id, echo_of, key, is_older in events
        for coalesces in [event_type if _coalesces(cr, event_type, version) else None]
        for subscription in wanted.by(event_type, company_id, echo_of, version, is_older)
        if subscription.is_ordered or coalesces
    ]
    if rows:
        ordering.enqueue(cr, rows)


def _coalesces(cr, event_type, version):
    declaration = declare.event_for(Registry(cr.dbname), event_type, version)
    return declaration is not None and declaration.coalesces
