"""Benchmark of delivering with ten million delivered and a million waiting rows, compared with empty tables."""

import os
import statistics
import time

from benchmarks.rig import rig, stats
from dev.bench import row
from dev.processes import wait_for
from dev.run import need_disk
from dev.say import step

DELIVERED = int(os.environ.get("HUB_BENCH_BACKLOG_DELIVERED", "10000000"))
PENDING = int(os.environ.get("HUB_BENCH_BACKLOG_PENDING", "1000000"))
MEASURED_S = 20

OLD_EVENTS = """
    INSERT INTO integration_event
                (event_id, type, version, company_id, subject, partition_key, data, occurred_at, correlation_id)
         SELECT gen_random_uuid()::varchar, 'manufacturing.order.completed', 1, 1, 'WH/MO/' || n, 'WH/MO/' || n,
                '{{"reference": "WH/MO/' || n || '", "quantity": {{"value": 12, "unit": "C62"}}}}',
                now() AT TIME ZONE 'UTC' - make_interval(secs => {count} - n), gen_random_uuid()::varchar
           FROM generate_series({first}, {last}) AS n
"""
OLD_DELIVERIES = """
    INSERT INTO integration_delivery
                (event_id, subscription_id, state, attempt_count, failure_count, created_at, delivered_at,
                 status_code)
         SELECT event.id, (SELECT min(id) FROM integration_subscription WHERE active), 'delivered', 1, 0,
                occurred_at, occurred_at, 200
           FROM integration_event AS event
          WHERE event.type = 'manufacturing.order.completed'
"""


def run():
    need_disk(25)
    with rig("backlog") as made:
        port = made.receiver()
        made.subscribe([port])
        empty = _rates(made, port, "empty tables", 150_000)
        with step(f"Laying {DELIVERED:,} delivered rows into the tables"):
            for first in range(1, DELIVERED + 1, 1_000_000):
                last = min(first + 999_999, DELIVERED)
                made.sql(OLD_EVENTS.format(first=first, last=last, count=DELIVERED))
            made.sql(OLD_DELIVERIES)
            made.sql("VACUUM ANALYZE integration_event")
            made.sql("VACUUM ANALYZE integration_delivery")
        full = _rates(made, port, f"{DELIVERED:,} delivered, {PENDING:,} pending", PENDING)
    return [
        row(
            "backlog",
            "signed deliveries",
            "1/s",
            round(full),
            1,
            "empty tables",
            round(empty),
            note=f"{100 * full / empty:.0f} %; {DELIVERED:,} delivered and {PENDING:,} pending rows",
        )
    ]


def _rates(made, port, what, pending):
    """The median of the rates of single seconds."""
    with step(f"Putting {pending:,} pending deliveries there"):
        made.deliveries(pending)
    worker = made.worker().start()
    try:
        begun = stats(port)["count"]
        with step(f"Delivering for {MEASURED_S} s ({what})"):
            wait_for(lambda: stats(port)["count"] > begun + 2000, "the first", 120, worker, 0.05)
            rates, seen, at = [], stats(port)["count"], time.time()
            while len(rates) < MEASURED_S and seen - begun < pending * 0.95:
                time.sleep(1)
                count, now = stats(port)["count"], time.time()
                rates.append((count - seen) / (now - at))
                seen, at = count, now
    finally:
        worker.stop()
    made.sql("DELETE FROM integration_delivery WHERE state <> 'delivered'")
    return statistics.median(rates)
