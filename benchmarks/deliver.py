"""Signed deliveries per second of one worker process."""

import statistics
import time

from benchmarks.rig import rig, stats
from dev.bench import row
from dev.processes import wait_for
from dev.say import step

EVENTS = 60_000
RUNS = 3


def run():
    rows = []
    with rig("deliver") as made:
        port = made.receiver()
        made.subscribe([port])
        for metric, prepare in (
            ("signed deliveries", made.deliveries),
            ("events handed out and delivered", made.events),
        ):
            rates = []
            for number in range(RUNS):
                prepare(EVENTS)
                with step(f"Delivering {EVENTS:,} ({metric}), run {number + 1}"):
                    rates.append(_rate(made, port))
                made.sql("TRUNCATE integration_event CASCADE")
            rows.append(row("deliver", metric, "1/s", round(statistics.median(rates)), RUNS))
    return rows


def _rate(made, port):
    """Deliveries per second, from the first request's arrival to the last answer that was written down."""
    begun = stats(port)["count"]
    worker = made.worker().start()
    try:
        wait_for(lambda: stats(port)["count"] > begun, "the first delivery", 60, worker, 0.01)
        first = time.time()
        wait_for(lambda: stats(port)["count"] - begun >= EVENTS, "the last delivery", 300, worker, 0.1)
        left = "SELECT count(*) FROM integration_delivery WHERE state != 'delivered'"
        wait_for(lambda: not made.number(left), "the last answer is written down", 60, worker, 0.1)
        last = made.number(
            "SELECT extract(epoch FROM max(delivered_at) AT TIME ZONE 'UTC') FROM integration_delivery"
        )
        return EVENTS / (last - first)
    finally:
        worker.stop()
