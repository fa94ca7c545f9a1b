"""The order of a run, and what runs alone. And how property tests run."""

import fcntl
import os
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, settings

from dev.paths import folder
from dev.processes import PIDS

# A loaded machine takes seconds for the first draw: that is no fault of the code. Deadlines likewise.
settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")

IS_ONE_OF_SEVERAL = "PYTEST_XDIST_WORKER" in os.environ


def pytest_collection_modifyitems(items):
    """In one lane, what fails fastest comes first. In several, what keeps the others waiting, or long."""

    def place(item):
        slow = item.get_closest_marker("e2e") or item.get_closest_marker("browser")
        fast = (bool(slow), "tests/unit" not in str(item.path))
        if not IS_ONE_OF_SEVERAL:
            return fast
        return (item.get_closest_marker("alone") is None, not fast[0], not fast[1])

    items.sort(key=place)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """A test that is marked ``alone`` has the machine to itself, its fixtures included."""
    if not IS_ONE_OF_SEVERAL:
        return (yield)
    with turn(fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH):
        return (yield)


@contextmanager
def turn(kind):
    """Many hold the second lock shared, or one exclusively; whoever waits for it holds the first one.

    Without the first, the others would pass the second from one to the next, and nobody would ever be alone.
    """
    place = folder(PIDS)
    with (place / "test-door.lock").open("w") as door, (place / "test-room.lock").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, kind)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
