"""The statements that write events."""

from ..engine import watermark

INSERT = f"""
    {watermark.ENTER};
    WITH emitted AS (
        INSERT INTO integration_event
                    (event_id, type, version, company_id, subject, partition_key, data, error,
                     res_model, res_id, correlation_id, causation_id, traceparent, origin_system_id,
                     is_echo, is_older_version, occurred_at)
             SELECT event.*, clock_timestamp() AT TIME ZONE 'UTC'
               FROM unnest(%s::varchar[], %s::varchar[], %s::int[], %s::int[], %s::varchar[],
                           %s::varchar[], %s::text[], %s::varchar[], %s::varchar[], %s::int[],
                           %s::varchar[], %s::varchar[], %s::varchar[], %s::int[], %s::bool[], %s::bool[])
                 AS event
          RETURNING id, error
    )
    INSERT INTO integration_event_pending (id)
         SELECT id FROM emitted WHERE error IS NULL
"""  # noqa: S608, a constant
# unique index on event_id
KNOWN = """
    SELECT event_id, company_id, subject, partition_key, data, error
      FROM integration_event
     WHERE event_id = ANY (%s)
"""
# unique index on event_id; whether it waits to be dispatched follows from whether it could be built
REBUILD = """
    WITH rebuilt AS (
        UPDATE integration_event
           SET company_id = %s, subject = %s, partition_key = %s, data = %s, error = %s
         WHERE event_id = %s
     RETURNING id, error
    ), held AS (
        DELETE FROM integration_event_pending AS pending
              USING rebuilt
              WHERE pending.id = rebuilt.id AND rebuilt.error IS NOT NULL
    )
    INSERT INTO integration_event_pending (id)
         SELECT id FROM rebuilt WHERE error IS NULL
    ON CONFLICT (id) DO NOTHING
"""
# unique index on event_id; nobody but this transaction has seen them
TAKE_BACK = """
    WITH gone AS (
        DELETE FROM integration_event WHERE event_id = ANY (%s) RETURNING id
    )
    DELETE FROM integration_event_pending AS pending USING gone WHERE pending.id = gone.id
"""
# unique index on event_id
MARK_ECHO = "UPDATE integration_event SET is_echo = true WHERE event_id = ANY (%s)"
# Few rows: versions that are pinned although a newer one is live.
PINNED = """
    SELECT DISTINCT type.name, type.version
      FROM integration_subscription_pinned_type_rel AS pinned
      JOIN integration_event_type AS type ON type.id = pinned.event_type_id
      JOIN integration_subscription AS subscription ON subscription.id = pinned.subscription_id
     WHERE subscription.active AND type.name = ANY (%s)
"""


def insert(env, drafts, is_older):
    """One statement, whatever the number of events; and the engine hears of them.

    :param is_older: tells of a draft whether a newer version of the event is emitted beside it.
    """
    rows = [
        (
            draft.event_id,
            draft.declaration.name,
            draft.declaration.version,
            draft.company_id,
            draft.subject,
            draft.partition_key,
            draft.data,
            draft.error,
            draft.declaration.model,
            draft.res_id,
            draft.cause.correlation_id or draft.event_id,
            draft.cause.causation_id,
            draft.cause.traceparent,
            draft.cause.origin_id,
            draft.is_echo,
            is_older(draft),
        )
        for draft in drafts
    ]
    env.cr.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
    env["integration.worker"]._wake("outbox")


def known(cr, event_ids):
    """Which of these events are rows, and what they say: a savepoint that was rolled back took some along.

    :return: ``{event_id: content}``, as of :attr:`Draft.content`.
    """
    cr.execute(KNOWN, [list(event_ids)])
    return {row[0]: row[1:] for row in cr.fetchall()}


def rebuild(cr, draft):
    cr.execute(REBUILD, [*draft.content, draft.event_id])


def take_back(cr, drafts):
    cr.execute(TAKE_BACK, [[draft.event_id for draft in drafts]])


def mark_echo(cr, drafts):
    cr.execute(MARK_ECHO, [[draft.event_id for draft in drafts]])


def pinned(cr, names):
    """``{(name, version)}`` that subscriptions are pinned to."""
    cr.execute(PINNED, [list(names)])
    return set(cr.fetchall())
