"""Counting what became of deliveries, by subscription and hour."""

from collections import namedtuple

# Workers that count at the same moment use rows of their own, so that none waits for another's commit.
SLOTS = 16

Tally = namedtuple("Tally", "delivered failed died expired duration_ms")

# unique index on (subscription_id, hour, slot); in its order, so that nobody waits in a circle
ADD = """
    INSERT INTO integration_delivery_hour AS hour
                (subscription_id, hour, slot, delivered, failed, died, expired, duration_ms)
         SELECT id, date_trunc('hour', clock_timestamp() AT TIME ZONE 'UTC'), %s,
                delivered, failed, died, expired, duration_ms
           FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::float[])
             AS tally (id, delivered, failed, died, expired, duration_ms)
          ORDER BY id
    ON CONFLICT (subscription_id, hour, slot) DO UPDATE
            SET delivered = hour.delivered + EXCLUDED.delivered,
                failed = hour.failed + EXCLUDED.failed,
                died = hour.died + EXCLUDED.died,
                expired = hour.expired + EXCLUDED.expired,
                duration_ms = hour.duration_ms + EXCLUDED.duration_ms
"""


def tallies(results):
    """``{subscription id: Tally}`` of ``[(Job, Claimed, Outcome, Verdict), …]``."""
    counted = {}
    for _job, row, outcome, verdict in results:
        seen = counted.get(row.subscription_id)
        if seen is None:
            seen = counted[row.subscription_id] = [0, 0, 0, 0, 0.0]
        if verdict.state == "delivered":
            seen[0] += 1
            seen[4] += outcome.duration_ms
            continue
        seen[1] += outcome.started_at is not None
        seen[2] += verdict.state == "dead"
        seen[3] += verdict.state == "expired"
    return {id_: Tally(*seen) for id_, seen in counted.items()}


def add(cr, slot, results):
    """Count these results; last in their transaction, for the rows stay locked until its end."""
    counted = tallies(results)
    if counted:
        rows = [(id_, *tally) for id_, tally in counted.items()]
        cr.execute(ADD, [slot % SLOTS, *(list(column) for column in zip(*rows, strict=True))])
