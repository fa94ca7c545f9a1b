"""Benchmark of an ordered subscription with a thousand keys: events per second and misordered events."""

import os
import time

from benchmarks.rig import places, rig, stats
from dev.bench import row
from dev.processes import wait_for
from dev.say import step

EVENTS = int(os.environ.get("HUB_BENCH_ORDER_EVENTS", "1000000"))
KEYS = 1000


def run():
    with rig("order") as made:
        port = made.receiver(track=True)
        made.subscribe([port], is_ordered=True)
        with step(f"Inserting {EVENTS:,} events of {KEYS:,} keys"):
            made.events(EVENTS, KEYS)
        worker = made.worker().start()
        with step("Delivering them in order"):
            wait_for(lambda: stats(port)["count"] > 0, "the first", 90, worker, 0.05)
            began = time.time()
            wait_for(lambda: stats(port)["unique"] >= EVENTS, "the last", 1800, worker, 1)
            took = stats(port)["last"] - began
        worker.stop()
        seen = stats(port)
        arrived = len(places(port))
    note = (
        f"{arrived:,} of {EVENTS:,} (key, number) pairs arrived over {seen['keys']:,} keys, each key's numbers rising;"
        f" {seen['repeats']} repeated"
    )
    return [
        row("order", "ordered deliveries", "1/s", round(EVENTS / took), 1),
        row("order", "out of order", "count", seen["out_of_order"], 1),
        row("order", "missing", "count", EVENTS - arrived, 1, note=note),
    ]
