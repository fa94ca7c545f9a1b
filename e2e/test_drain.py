"""SIGTERM in the middle of work: what is under way finishes, the rest goes back, nothing is sent twice."""

import os
import time
from pathlib import Path

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


def test_a_row_that_cannot_be_worked_on_neither_spins_nor_keeps_the_worker_alive(rig):
    """An event whose payload was erased, and that is due again: its worker went round at full speed, and after SIGTERM
    said that it had stopped and did not end."""
    port = rig.receiver()
    rig.sql("TRUNCATE integration_event CASCADE")
    rig.sql(f"UPDATE integration_subscription SET url = 'http://127.0.0.1:{port}/hook', body_mode = 'binary'")
    rig.deliveries(20)
    rig.sql(
        "UPDATE integration_event SET data = NULL WHERE id IN (SELECT event_id FROM integration_delivery"
        " WHERE state = 'pending' ORDER BY id LIMIT 3)"
    )
    worker = rig.worker().start()
    wait_for(lambda: stats(port)["count"] >= 17, "those with a payload", 60, worker)
    wait_for(
        lambda: rig.number("SELECT count(*) FROM integration_delivery WHERE state = 'dead'") == 3,
        "those without die",
        30,
        worker,
    )
    reasons = rig.sql("SELECT DISTINCT reason FROM integration_delivery WHERE state = 'dead'")
    assert reasons == ["The event has no payload: it was erased, or it was never built"]
    used, at = cpu_s(worker.pid), time.monotonic()
    time.sleep(3)
    assert (cpu_s(worker.pid) - used) / (time.monotonic() - at) < 0.3
    asked = time.monotonic()
    worker.stop()
    assert worker.child.returncode == 0
    assert time.monotonic() - asked < 10
    assert stats(port)["count"] == 17


def cpu_s(pid):
    """Processor seconds of a process so far (fields 14 and 15 of proc(5) stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
