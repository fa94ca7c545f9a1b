"""What a credential or a token may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_core.policy import patterns, scopes

PARTS = st.lists(st.sampled_from(["execution", "operation", "order", "started"]), min_size=1, max_size=3)
PATTERNS = st.one_of(st.just("*"), PARTS.map(".".join), PARTS.map(lambda parts: ".".join([*parts, "*"])))
SCOPES = st.builds("{}:{}".format, st.sampled_from(scopes.ACTIONS), PATTERNS)


@pytest.mark.parametrize(
    ("granted", "action", "name", "may"),
    [
        ("send:execution.*", "send", "execution.operation.started", True),
        ("send:execution.*", "send", "commerce.order.placed", False),
        ("send:execution.*", "read", "execution.operation", False),
        ("read:equipment write:maintenance.order", "write", "maintenance.order", True),
        ("read:equipment write:maintenance.order", "write", "equipment", False),
        ("write:*", "send", "execution.operation.started", False),
        ("", "send", "anything.at.all", True),
        ("", "read", "equipment", False),
    ],
)
def test_what_is_allowed(granted, action, name, may):
    assert scopes.allows(scopes.split(granted), action, name) is may


@pytest.mark.parametrize(
    "wrong",
    ["send", "send:", ":x", "delete:order", "send:Order", "send:a.*.b", "send:a:b", 'send:"x"', "send:**"],
)
def test_what_is_none_is_named(wrong):
    assert scopes.mistake(f"send:order.* {wrong}") == wrong


def test_what_is_one():
    assert scopes.mistake("send:*\nread:equipment, write:maintenance.order\n") is None


@given(st.lists(SCOPES, min_size=1, max_size=4), SCOPES, PARTS.map(".".join))
def test_what_is_covered_lets_nobody_do_more(granted, asked, name):
    """Whoever gets a covered scope can do nothing with it that the grant does not allow."""
    if scopes.covers(granted, asked):
        for action in scopes.ACTIONS:
            if scopes.allows([asked], action, name):
                assert scopes.allows(granted, action, name)


@given(st.lists(SCOPES, min_size=1, max_size=4))
def test_what_was_granted_is_covered(granted):
    assert all(scopes.covers(granted, scope) for scope in granted)
    assert all(patterns.mistake(scope.partition(":")[2]) is None for scope in granted)
