"""From an event to its deliveries: after commit, one transaction per batch."""

from odoo.addons.integration_core.policy import patterns

BATCH = 500

# index: integration_event__pending_idx
TAKE_PENDING = """
    SELECT id, type, company_id
      FROM integration_event
     WHERE state = 'pending'
     ORDER BY id
     LIMIT %s
       FOR UPDATE SKIP LOCKED
"""
# Few rows, read in the same transaction as the events: one that was cached could miss a subscription
# that was there when an event committed.
SUBSCRIPTIONS = """
    SELECT subscription.id, subscription.company_id, subscription.event_patterns, subscription.state
      FROM integration_subscription AS subscription
      JOIN integration_system AS system ON system.id = subscription.system_id
     WHERE subscription.active AND system.active
"""
INSERT_DELIVERIES = """
    INSERT INTO integration_delivery
                (event_id, subscription_id, company_id, state, attempt_count, failure_count,
                 created_at, next_attempt_at)
         SELECT wanted.event_id, wanted.subscription_id, wanted.company_id, wanted.state, 0, 0,
                clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC'
           FROM unnest(%s::int[], %s::int[], %s::int[], %s::varchar[])
             AS wanted (event_id, subscription_id, company_id, state)
    ON CONFLICT (subscription_id, event_id) DO NOTHING
"""
MARK_DISPATCHED = "UPDATE integration_event SET state = 'dispatched' WHERE id = ANY (%s)"


def fan_out(cr):
    """Give every subscription its delivery of the next batch of events.

    :return: how many events were dispatched.
    """
    cr.execute(TAKE_PENDING, [BATCH])
    events = cr.fetchall()
    if not events:
        return 0
    cr.execute(SUBSCRIPTIONS)
    subscriptions = [
        (id_, company, patterns.split(text), state) for id_, company, text, state in cr.fetchall()
    ]
    wanted = [
        (event_id, subscription_id, company_id, "paused" if state == "paused" else "pending")
        for event_id, event_type, company_id in events
        for subscription_id, company, names, state in subscriptions
        if company == company_id and patterns.fits(names, event_type)
    ]
    if wanted:
        cr.execute(INSERT_DELIVERIES, [list(column) for column in zip(*wanted, strict=True)])
    cr.execute(MARK_DISPATCHED, [[event_id for event_id, _type, _company in events]])
    return len(events)
