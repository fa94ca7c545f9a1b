"""The clusters that are broken on purpose have another clock, and are otherwise like any other."""

import threading
import time

import pytest

from benchmarks import clock
from dev import postgres
from dev.say import Problem

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        postgres.binaries() is None,
        reason="a PostgreSQL with another clock needs its server programs, and there are none",
    ),
]
UPDATE = "UPDATE counter SET number = number + 1 WHERE name = '{}'"


@pytest.fixture(scope="module")
def ahead():
    environment = clock.ahead()
    if not environment:
        pytest.skip("libfaketime cannot be had on this machine")
    cluster = postgres.Cluster(postgres.binaries(), f"{postgres.BROKEN}clock")
    cluster.start(**environment)
    server = postgres.Server(cluster.socket, postgres.ROLE, bindir=cluster.bindir)
    server.sql("CREATE TABLE counter AS SELECT name, 0 AS number FROM (VALUES ('a'), ('b')) AS given (name)")
    yield server
    cluster.remove()


def test_the_clock_is_an_hour_ahead(ahead):
    (shown,) = ahead.sql("SELECT extract(epoch FROM clock_timestamp())")
    assert 3590 < float(shown) - time.time() < 3610


def test_a_deadlock_is_found_within_seconds(ahead):
    refused = []

    def take(first, second):
        try:
            ahead.sql(
                f"SET lock_timeout = '20s'; BEGIN; {UPDATE.format(first)}; SELECT pg_sleep(0.5);"
                f" {UPDATE.format(second)}; COMMIT"
            )
        except Problem as problem:
            refused.append(problem.what)

    begun = time.monotonic()
    two = [threading.Thread(target=take, args=order) for order in ("ab", "ba")]
    for thread in two:
        thread.start()
    for thread in two:
        thread.join()
    assert len(refused) == 1
    assert "deadlock detected" in refused[0]
    assert time.monotonic() - begun < 5


def test_a_statement_that_takes_too_long_is_ended(ahead):
    begun = time.monotonic()
    with pytest.raises(Problem, match="statement timeout"):
        ahead.sql("SET statement_timeout = '300ms'; SELECT pg_sleep(10)")
    assert time.monotonic() - begun < 3
