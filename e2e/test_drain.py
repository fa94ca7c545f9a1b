"""SIGTERM in the middle of work: what is under way finishes, the rest goes back, nothing is sent twice."""

import time

import pytest

from benchmarks.rig import Rig, stats
from dev.processes import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.alone]
EVENTS = 12_000


@pytest.fixture(scope="module")
def rig():
    made = Rig("drain")
    yield made
    made.close()


def test_a_worker_that_is_asked_to_stop_under_load_leaves_nothing_in_hand(rig):
    port = rig.receiver(track=True)
    rig.subscribe([port])
    rig.events(EVENTS)
    stops = 0
    while stats(port)["count"] < EVENTS and stops < 8:
        worker = rig.worker().start()
        begun = stats(port)["count"]
        wait_for(lambda b=begun: stats(port)["count"] > b, "some deliveries", 60, worker, 0.01)
        time.sleep(0.3)
        asked = time.monotonic()
        worker.stop()
        assert worker.child.returncode == 0
        assert time.monotonic() - asked < 10
        stops += 1
        assert not rig.number("SELECT count(*) FROM integration_delivery WHERE state = 'sending'")
        assert rig.number("SELECT count(*) FROM integration_attempt") == stats(port)["count"]
    worker = rig.worker().start()
    wait_for(lambda: stats(port)["count"] >= EVENTS, "the rest", 60, worker)
    worker.stop()
    assert stops >= 1
    assert stats(port)["repeats"] == 0
    assert rig.number("SELECT count(*) FROM integration_delivery WHERE state = 'delivered'") == EVENTS
