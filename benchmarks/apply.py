"""What exactly-once costs: messages applied per second, beside the same handlers called directly."""

import statistics

from benchmarks.rig import rig
from dev.bench import row
from dev.say import step

PEER = "the same handlers called directly, 50 in a transaction"


def run():
    rows = []
    for what, title, count, rounds in (
        ("cheap", "a cheap handler", 50, 42),
        ("workorder", "completing a work order", 25, 14),
    ):
        with rig(f"apply_{what}") as made, step(f"Applying {count} messages, {rounds - 2} times: {title}"):
            rates = made.inside("apply.py", what, count, rounds)
        ours, theirs = (statistics.median(rates[who]) for who in ("ours", "theirs"))
        overhead = statistics.median(b / a - 1 for a, b in zip(rates["ours"], rates["theirs"], strict=True))
        note = f"overhead {100 * overhead:+.1f} %: the median of the rounds"
        rows.append(row("apply", title, "1/s", round(ours, 1), rounds - 1, PEER, round(theirs, 1), note=note))
    return rows
