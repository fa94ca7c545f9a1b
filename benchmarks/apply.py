"""Benchmark of applying messages, compared with direct calls of the same handlers, and by several lanes."""

import statistics

from benchmarks.rig import rig
from dev.bench import row
from dev.say import step

# Messages, and counters that they add to: as many as a plant has stock rows that everybody wants.
COUNT, HOT = 2_000, 20
ROUNDS = 3
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
    return rows + _lanes("hot rows", HOT, (1, 2, 4)) + _lanes("disjoint keys", COUNT, (1, 2))


def _lanes(title, lines, lanes):
    """Several lanes beside one; every message adds to one of so many counters, which all lanes want at once."""
    with rig("apply_lanes") as made:
        made.install_peer("hub_bench_handler")
        with step(
            f"Applying {COUNT:,} messages over {lines:,} rows, {ROUNDS} times with each of {lanes} lanes"
        ):
            seen = made.inside("lanes.py", COUNT, lines, ROUNDS, *lanes)
    rates = {int(number): statistics.median(found) for number, found in seen["rates"].items()}
    return [
        row(
            "apply",
            f"{title}, {number} lanes",
            "1/s",
            round(rates[number], 1),
            ROUNDS,
            "one lane",
            round(rates[1], 1),
            note=f"{COUNT:,} messages over {lines:,} rows; {seen['deadlocks'][str(number)]} deadlocks in all rounds",
        )
        for number in lanes[1:]
    ]
