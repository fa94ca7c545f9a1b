"""Patterns, backoff, the outcome over an answer, and where requests may go."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_core.policy import backoff, egress, patterns
from odoo.addons.integration_outbox.engine import outcome
from odoo.addons.integration_outbox.engine.channel import Channel

CHANNEL = Channel(
    id=1, is_paused=False, url="https://mes.example.com/", keys=(), timeout_s=15, max_attempts=24, networks=(),
    problem=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("*", "manufacturing.order.released", True),
        ("manufacturing.*", "manufacturing.order.released", True),
        ("manufacturing.order.*", "manufacturing.order.released", True),
        ("manufacturing.order.released", "manufacturing.order.released", True),
        ("manufacturing.order", "manufacturing.order.released", False),
        ("manufacturing.*", "manufacturingx.order", False),
        ("manufacturing.*", "manufacturing", False),
        ("quality.*", "manufacturing.order.released", False),
    ],
)
def test_patterns(pattern, name, fits):
    assert patterns.fits([pattern], name) is fits


@pytest.mark.parametrize("wrong", ["manu*", "*.released", "Manufacturing.*", "a..b", ".a", "a.*.b", "a b?"])
def test_a_pattern_that_is_none_is_named(wrong):
    assert patterns.mistake(f"manufacturing.*\n{wrong}")


@given(attempt=st.integers(1, 200), draw=st.floats(0, 1, exclude_max=True))
def test_the_wait_stays_below_its_ceiling(attempt, draw):
    delay = backoff.delay_s(attempt, draw=lambda: draw)
    assert 0 <= delay <= backoff.ceiling_s(attempt) <= backoff.LONGEST_S


def test_the_ceiling_doubles_until_it_is_reached():
    ceilings = [backoff.ceiling_s(n) for n in range(1, backoff.MAX_ATTEMPTS)]
    assert ceilings == sorted(ceilings)
    assert ceilings[:4] == [2, 4, 8, 16]
    assert ceilings[-1] == backoff.LONGEST_S


def test_the_last_attempt_outlives_a_weekend_on_average():
    mean_s = sum(backoff.ceiling_s(n) / 2 for n in range(1, backoff.MAX_ATTEMPTS))
    assert mean_s > 48 * 3600


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, "delivered"), (202, "delivered"), (204, "delivered"),
        (301, "dead"), (307, "dead"), (400, "dead"), (401, "dead"), (404, "dead"), (410, "dead"),
        (408, "retrying"), (425, "retrying"), (429, "retrying"), (500, "retrying"), (503, "retrying"),
        (0, "retrying"),
    ],
)  # fmt: skip
def test_what_an_answer_means(status, state):
    assert outcome.judge(status, None, {}, 0, CHANNEL).state == state


def test_the_last_attempt_ends_in_the_dead_letters_with_its_reason():
    result = outcome.judge(503, None, {}, 23, CHANNEL)
    assert (result.state, result.reason) == ("dead", "HTTP 503; given up after 24 attempts")


def test_retry_after_is_waited_for():
    assert outcome.judge(429, None, {"retry-after": "120"}, 0, CHANNEL).delay_s >= 120


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("999999999999", 86400),
        ("Sat, 21 Nov 2026 06:00:30 GMT", 30),
        ("Sat, 21 Nov 2026 05:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_in_both_its_forms(value, seconds):
    now = datetime(2026, 11, 21, 6, tzinfo=timezone.utc)
    assert outcome.retry_after_s({"retry-after": value}, now) == seconds


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "ff02::1",
    ],
)  # fmt: skip
def test_private_addresses_are_refused(address):
    with pytest.raises(egress.EgressRefused):
        egress.check_address(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_addresses_are_called(address):
    egress.check_address(address)


def test_a_named_range_may_be_called_and_nothing_beside_it():
    allowed = egress.networks("10.20.0.0/16, 127.0.0.0/8")
    egress.check_address("10.20.3.4", allowed)
    egress.check_address("::ffff:10.20.3.4", allowed)
    with pytest.raises(egress.EgressRefused):
        egress.check_address("10.21.0.1", allowed)


@pytest.mark.parametrize("text", ["10.20.0.1/16", "plant", "10.20.0.0/99"])
def test_a_range_that_is_none_is_named(text):
    with pytest.raises(ValueError, match=text.split("/")[0]):
        egress.networks(text)


@pytest.mark.parametrize(
    "url",
    [
        "mes.example.com/hook", "ftp://mes.example.com", "file:///etc/passwd", "https://", "http://user@mes.example.com/",
        "https://u:p@mes.example.com/", "http://mes.example.com:99999/", "http://mes.example.com:0/",
        "http://mes.example.com/a b", "http://mes.example.com\\@evil.example/", "javascript:alert(1)", "http://[::1",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_with_a_sentence(url):
    with pytest.raises(egress.EgressRefused, match=r"\."):
        egress.check_url(url)
