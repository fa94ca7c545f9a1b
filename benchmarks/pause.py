"""Benchmark of pausing and resuming a subscription with a million waiting deliveries."""

import os

from benchmarks.rig import rig
from dev.bench import row
from dev.say import step

WHAT = {
    "pause": "pause a subscription",
    "resume": "resume a subscription",
    "suspend its system": "suspend a system",
}
PENDING = int(os.environ.get("HUB_BENCH_PAUSE_PENDING", "1000000"))


def run():
    with rig("pause") as made:
        made.subscribe([made.receiver()])
        with step(f"Putting {PENDING:,} waiting deliveries there"):
            made.deliveries(PENDING)
        with step("Pausing and resuming"):
            took = made.inside("pause.py")
    return [
        row(
            "pause",
            WHAT[what],
            "ms",
            round(took[what], 1),
            took["runs"],
            note=f"{PENDING:,} deliveries wait; in an Odoo transaction, its commit included",
        )
        for what in ("pause", "resume", "suspend its system")
    ]
