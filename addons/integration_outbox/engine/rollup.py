"""Counting what became of deliveries, by subscription and hour."""

from collections import namedtuple

# Workers that count at the same moment use rows of their own, so that none waits for another's commit.
SLOTS = 16

Rollup = namedtuple("Rollup", "delivered failed died expired duration_ms")

# unique index on (subscription_id, hour, slot); in its order, so that nobody waits in a circle
ADD = """
    INSERT INTO integration_delivery_hour AS hour
                (subscription_id, hour, slot, delivered, failed, died, expired, duration_ms)
         SELECT id, date_trunc('hour', clock_timestamp() AT TIME ZONE 'UTC'), %s,
                delivered, failed, died, expired, duration_ms
           FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::float[])
             AS rollup (id, delivered, failed, died, expired, duration_ms)
          ORDER BY id
    ON CONFLICT (subscription_id, hour, slot) DO UPDATE
            SET delivered = hour.delivered + EXCLUDED.delivered,
                failed = hour.failed + EXCLUDED.failed,
                died = hour.died + EXCLUDED.died,
                expired = hour.expired + EXCLUDED.expired,
                duration_ms = hour.duration_ms + EXCLUDED.duration_ms
"""


def rollups_of(results):
    """``{subscription id: Rollup}`` of ``[(Job, Claimed, Response, Outcome), …]``."""
    counted = {}
    for _job, row, response, outcome in results:
        seen = counted.get(row.subscription_id)
        if seen is None:
            seen = counted[row.subscription_id] = [0, 0, 0, 0, 0.0]
        if outcome.state == "delivered":
            seen[0] += 1
            seen[4] += response.duration_ms
            continue
        seen[1] += response.started_at is not None
        seen[2] += outcome.state == "dead"
        seen[3] += outcome.state == "expired"
    return {id_: Rollup(*seen) for id_, seen in counted.items()}


def add(cr, slot, results):
    """Count these results; last in their transaction, for the rows stay locked until its end."""
    counted = rollups_of(results)
    if counted:
        rows = [(id_, *rollup) for id_, rollup in counted.items()]
        cr.execute(ADD, [slot % SLOTS, *(list(column) for column in zip(*rows, strict=True))])
