"""Benchmark of healthy partners beside three failing ones: one hangs, one responds 500, one sends a byte a second."""

import statistics
import time

from benchmarks.rig import rig, stats
from dev.bench import row
from dev.processes import wait_for
from dev.say import step

PARTNERS = 20
EVENTS = 3000
RUNS = 3


def run():
    rates = {}
    with rig("isolate") as made:
        for shape, sick in (("all well", []), ("three sick", ["hang", "fail", "drip"])):
            made.sql("UPDATE integration_subscription SET active = false")
            well = [made.receiver() for _ in range(PARTNERS - 3)]
            others = [made.receiver(behave) for behave in sick] or [made.receiver() for _ in range(3)]
            made.subscribe(well + others, timeout_s=10, name_of_system=f"Partner, {shape},")
            rates[shape] = []
            for number in range(RUNS):
                with step(f"{EVENTS:,} events to {PARTNERS} partners, {shape}, run {number + 1}"):
                    rates[shape].append(_rate(made, well))
                made.sql("TRUNCATE integration_event CASCADE")
                made.sql(
                    "UPDATE integration_subscription_health SET failures = 0, openings = 0, open_until = NULL"
                )
    well, sick = (statistics.median(rates[shape]) for shape in ("all well", "three sick"))
    return [
        row(
            "isolate",
            "each healthy partner gets",
            "1/s",
            round(sick, 1),
            RUNS,
            "all partners well",
            round(well, 1),
            note=f"{100 * sick / well:.0f} % of what it gets when all are well; {PARTNERS - 3} healthy, 3 sick",
        )
    ]


def _rate(made, ports):
    """Events per second and healthy partner, from the first arrival until all have got everything."""
    begun = {port: stats(port)["count"] for port in ports}
    made.events(EVENTS)
    worker = made.worker().start()
    try:
        wait_for(lambda: any(stats(p)["count"] > begun[p] for p in ports), "the first", 60, worker, 0.02)
        first = time.time()
        wait_for(
            lambda: all(stats(p)["count"] - begun[p] >= EVENTS for p in ports), "the last", 300, worker, 0.2
        )
        last = max(stats(port)["last"] for port in ports)
    finally:
        worker.kill()
    return EVENTS / (last - first)
