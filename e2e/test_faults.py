"""What breaks loses nothing. The long form is ``./hub bench faults``."""

import pytest

from benchmarks.faults import Plan, faults
from dev import postgres

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        postgres.binaries() is None,
        reason="a PostgreSQL to break needs its server programs, and there are none",
    ),
]


@pytest.mark.timeout(300)
def test_cut_connections_lose_nothing_and_double_nothing():
    plan = Plan(transactions=250, kills=0, kill_every_s=0.6, restarts=0, cuts=8)
    with faults("faults-cuts", plan) as seen:
        seen.check()
        assert seen.cuts == 8
        assert seen.undone, "some transactions were rolled back on purpose"


@pytest.mark.timeout(400)
def test_killed_workers_and_a_restarted_postgresql_lose_nothing():
    plan = Plan(transactions=500, kills=18, kill_every_s=0.4, restarts=2, cuts=2)
    with faults("faults-kills", plan) as seen:
        seen.check()
        assert seen.kills >= 10
        assert seen.restarts == 2
