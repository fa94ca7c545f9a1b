"""Benchmark of accepting messages, compared with a controller that only inserts."""

import statistics

from benchmarks.rig import rig
from dev.bench import row
from dev.say import step

ROUNDS = 120
REQUESTS = 120
AT_ONCE = 6
PEER = "a bare controller, one INSERT"


def run():
    rows = []
    with rig("accept") as made:
        with step("Installing the bare controller beside the suite"):
            made.install_peer("hub_bench_bare")
            made.sql("CREATE TABLE hub_bench_bare (id serial PRIMARY KEY, body text)")
        # No crons: what is taken is not applied meanwhile.
        server, url = made.http()
        for shape, worker in (("a worker listens", 1), ("crons alone", 0)):
            endpoint = made.inside("endpoint.py", worker)
            ours, bare = f"{url}/integration/in/{endpoint['token']}", f"{url}/hub_bench/bare"
            with step(f"{ROUNDS} times {REQUESTS} reports to each, in turns ({shape})"):
                rates = made.inside(
                    "post.py", ours, bare, endpoint["secret"], 1_000_000 * worker, REQUESTS, AT_ONCE, ROUNDS
                )
            kept = made.number("SELECT count(*) FROM integration_message WHERE state = 'received'")
            ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["bare"], strict=True))
            ours, bare = (round(statistics.median(rates[who])) for who in ("ours", "bare"))
            note = f"the ratio is the median of the rounds'; {kept:,.0f} messages are there"
            rows.append(row("accept", f"messages taken, {shape}", "1/s", ours, ROUNDS, PEER, bare, note=note))
            # Each round against its neighbour: the machine's speed changes from second to second.
            rows[-1]["ratio"] = round(ratio, 2)
        server.stop()
    return rows
