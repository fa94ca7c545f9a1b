"""Benchmark of emitting events in a business transaction, compared with queue_job."""

import statistics

from benchmarks.rig import rig
from dev.bench import row
from dev.say import step

RUNS = 5
MANY = 1000
PEER = "queue_job with_delay"


def run():
    with rig("publish") as made:
        with step("Installing queue_job beside the suite"):
            made.install_peer()
        taken = {}
        for shape, worker in (("worker", 1), ("cron", 0)):
            with step(f"Emitting {MANY} events, and enqueuing {MANY} jobs, {RUNS} times each ({shape})"):
                taken[f"{MANY} per transaction, {shape}"] = made.inside("publish.py", MANY, RUNS, worker)
            with step(f"Emitting one event, and enqueuing one job, per transaction ({shape})"):
                taken[f"1 per transaction, {shape}"] = made.inside("publish.py", 1, 200, worker)
        with step("Confirming production orders with ten components, with and without events"):
            confirmed = {
                shape: made.inside("confirm.py", 40, worker) for shape, worker in (("worker", 1), ("cron", 0))
            }
    rows = []
    for metric, rates in taken.items():
        ours, theirs = (round(statistics.median(rates[who])) for who in ("ours", "theirs"))
        rows.append(row("publish", metric, "1/s", ours, len(rates["ours"]), PEER, theirs))
    for shape, times in confirmed.items():
        slower = 100 * (times["with"] / times["without"] - 1)
        rows.append(
            row(
                "publish",
                f"confirming a 10-line order, {shape}",
                "ms",
                round(times["with"], 2),
                times["runs"],
                "without the hub",
                round(times["without"], 2),
                is_time=True,
                note=f"{slower:+.1f} %: the median difference of pairs that were confirmed one after the other",
            )
        )
    return rows
