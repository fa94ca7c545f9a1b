"""However often a message is sent, and whatever dies meanwhile, its effect is there exactly once.

The long form is ``./hub bench once``.
"""

import pytest

from benchmarks.once import Plan, once
from dev import postgres

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        postgres.binaries() is None,
        reason="a PostgreSQL to break needs its server programs, and there are none",
    ),
]


@pytest.mark.timeout(500)
def test_a_thousand_messages_each_posted_three_times_have_each_effect_once():
    plan = Plan(messages=1000, kills=12, kill_every_s=0.5, restarts=2, cuts=1)
    with once("once", plan) as seen:
        seen.check()
        assert seen.posts == 3000
        assert seen.kills >= 6
        assert seen.restarts == 2
