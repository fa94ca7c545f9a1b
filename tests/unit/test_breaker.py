"""The breaker, the token bucket, and the hours: what holds for any history, not only for examples."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_core.policy.breaker import (
    FIRST_S,
    LONGEST_S,
    MAX_FAILURES,
    MAX_KEYS,
    THRESHOLD,
    Breaker,
)
from odoo.addons.integration_core.policy.bucket import Bucket
from odoo.addons.integration_core.policy.hours import Hours

rounds = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 70), st.floats(0, 400)), min_size=1, max_size=60
)


def played(history, draw=0.5):
    """``(breaker, now)`` after each round of ``(successes, failures, seconds that passed before)``; each of a key of
    its own."""
    breaker, now, keys = Breaker(), 1000.0, map(str, itertools.count())
    for successes, failures, passed in history:
        now += passed
        before, breaker = (
            breaker,
            breaker.after(successes, [next(keys) for _ in range(failures)], now, lambda: draw),
        )
        yield before, breaker, now, successes, failures


@given(rounds)
def test_any_success_closes_it(history):
    for _before, breaker, now, successes, _failures in played(history):
        if successes:
            assert breaker.state(now) == "closed"
            assert breaker.failures == 0


@given(rounds)
def test_it_never_opens_before_so_many_failures_in_a_row(history):
    row = 0
    for _before, breaker, now, successes, failures in played(history):
        row = 0 if successes else row + failures
        assert (breaker.state(now) == "open") <= (row >= THRESHOLD)
        assert breaker.failures == row


@given(rounds)
def test_late_failures_do_not_lengthen_an_opening(history):
    for before, breaker, now, successes, _failures in played(history):
        if before.state(now) == "open" and not successes:
            assert (breaker.open_until, breaker.openings) == (before.open_until, before.openings)


@given(st.integers(1, 40), st.floats(0, 1))
def test_openings_get_longer_up_to_a_bound(openings, draw):
    breaker, now = Breaker(), 0.0
    for _ in range(openings):
        breaker = breaker.after(0, list(map(str, range(THRESHOLD))), now, lambda: draw)
        length = breaker.open_until - now
        assert 0.8 * FIRST_S - 1e-6 <= length <= 1.2 * LONGEST_S + 1e-6
        now = breaker.open_until
        assert breaker.state(now) == "half-open"


def test_a_partner_that_says_when_is_asked_then():
    breaker = Breaker().held(160.0, 100.0)
    assert breaker.state(159.0) == "open"
    assert breaker.state(160.0) == "half-open"
    assert breaker.failures == 0


def test_it_remembers_since_when_nothing_got_through():
    breaker = Breaker().after(0, ["a"], 50.0).after(0, ["a"], 90.0)
    assert breaker.failing_since == 50.0
    assert breaker.after(1, [], 95.0).failing_since is None


def test_a_partner_that_refuses_two_orders_is_not_away():
    breaker = Breaker()
    for round_ in range(40):
        breaker = breaker.after(0, ["WH/MO/00007", "WH/MO/00009"], 10.0 * round_)
    assert breaker.state(400.0) == "closed"
    assert breaker.after(0, [f"WH/MO/{n:05}" for n in range(THRESHOLD)], 400.0).state(400.0) == "open"


def test_a_flood_of_one_key_is_not_sent_over_and_over():
    breaker = Breaker()
    for _ in range(MAX_FAILURES):
        breaker = breaker.after(0, ["the only one"], 10.0)
    assert breaker.state(10.0) == "open"


@given(st.lists(st.lists(st.text(max_size=3), max_size=40), max_size=20))
def test_it_remembers_a_bounded_number_of_keys(rounds_of_keys):
    breaker = Breaker()
    for keys in rounds_of_keys:
        breaker = breaker.after(0, keys, 10.0)
        assert len(breaker.keys) <= MAX_KEYS
        assert (
            len(breaker.keys) == min(MAX_KEYS, len(set().union(*rounds_of_keys)))
            or len(breaker.keys) < MAX_KEYS
        )


@given(
    rate=st.floats(0.1, 500),
    burst=st.integers(1, 200),
    steps=st.lists(st.tuples(st.floats(-3600, 3600), st.integers(0, 300)), max_size=80),
)
def test_no_more_is_ever_granted_than_the_rate_allows(rate, burst, steps):
    """Also when the clock jumps forth and back: a jump ahead gives no more than one full bucket."""
    bucket, now, granted, ahead = Bucket(), 0.0, 0, 0.0
    for passed, wanted in steps:
        now += passed
        bucket = bucket.filled(rate, burst, now)
        taken = min(wanted, int(bucket.tokens))
        bucket = bucket.taken(taken)
        granted += taken
        ahead += max(0.0, passed)
        assert -1e-6 <= bucket.tokens <= burst
        assert granted <= burst + ahead * rate + 1e-6


@given(st.floats(0.1, 100), st.integers(1, 50))
def test_a_bucket_that_is_empty_says_how_long_it_takes(rate, burst):
    bucket = Bucket().filled(rate, burst, 0.0).taken(burst)
    later = bucket.filled(rate, burst, bucket.wait_s(rate) + 1e-6)
    assert later.tokens >= 1 - 1e-6


FRIDAY_2300 = 1795215600.0  # 2026-11-20T23:00:00Z


@pytest.mark.parametrize(
    ("text", "zone", "is_open"),
    [
        ("", "UTC", True),
        ("Mon-Fri 06:00-22:00", "UTC", False),
        ("Mon-Fri 06:00-22:00", "America/New_York", True),
        ("Fri 22:00-06:00", "UTC", True),
        ("Sat 00:00-24:00", "UTC", False),
        ("Sat 00:00-24:00", "Europe/Berlin", True),
        ("Thu 22:00-23:30", "UTC", False),
        ("Sat-Mon 06:00-22:00, 22:30-23:30", "UTC", True),
    ],
)
def test_hours(text, zone, is_open):
    assert Hours(text, zone).is_open(FRIDAY_2300) is is_open


def test_a_night_shift_goes_on_after_midnight():
    assert Hours("Fri 22:00-06:00", "UTC").is_open(FRIDAY_2300 + 3 * 3600)
    assert not Hours("Fri 22:00-06:00", "UTC").is_open(FRIDAY_2300 + 8 * 3600)


def test_a_planned_downtime_is_kept():
    hours = Hours("", "UTC", FRIDAY_2300, FRIDAY_2300 + 600)
    assert [hours.is_open(FRIDAY_2300 + s) for s in (-1, 0, 599, 600)] == [True, False, False, True]


@pytest.mark.parametrize(
    "text", ["Mon-Fry 06:00-22:00", "06:00", "Mon 25:00-26:00", "Mon 06:61-07:00", "always"]
)
def test_hours_that_cannot_be_read_are_named(text):
    with pytest.raises(ValueError, match="is no|cannot be read"):
        Hours(text, "UTC")
