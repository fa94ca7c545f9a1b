"""A worker that is killed loses nothing, and one that is asked to stop finishes."""

import subprocess
import time

import pytest

from dev.processes import wait_for
from dev.story import Story

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def story(site):
    story = Story(site)
    story.planner, story.admin = site.api("demo"), site.api("admin")
    return story


def test_orders_confirmed_while_the_worker_is_dead_arrive_when_one_is_back(site, story):
    site.worker.kill()
    # The cron lanes would help out; here the worker alone has to.
    for xmlid in ("integration_outbox.cron_lane_outbox", "integration_inbox.cron_lane_inbox"):
        story.admin.call("ir.cron", "write", [story.admin.ref(xmlid)], {"active": False})
    references = [story.confirm_order()[1] for _ in range(3)]
    time.sleep(1)
    assert not any(story.mes_received(reference) for reference in references)
    site.worker.start()
    for reference in references:
        wait_for(lambda r=reference: story.mes_received(r), f"{reference} arrives", 60)


def test_reports_are_applied_once_though_the_worker_is_killed_again_and_again(site, story):
    order, reference = story.confirm_order()
    wait_for(lambda: story.mes_received(reference), f"{reference} arrives", 30)
    story.ask_mes("/produce", {"order": reference, "mishaps": True})
    for _ in range(4):
        time.sleep(0.3)
        site.worker.kill()
        # A lease outlives its worker; the test does not want to wait for it.
        site.odoo.server.sql(
            "UPDATE integration_message SET lease_until = now() AT TIME ZONE 'UTC' WHERE state = 'processing'",
            site.database,
        )
        site.worker.start()
    story.order_is_done(reference)


def suspend(site, *arguments):
    command = site.odoo.command("integration_suspend", *arguments, "-d", site.database)
    done = subprocess.run(command, env=site.odoo.environment, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout or done.stderr).strip().splitlines()[-1]


def test_a_command_stops_everything_at_the_next_claim_and_nothing_is_lost(site, story):
    assert suspend(site, "on") == (0, "All integrations are suspended.")
    assert suspend(site, "on") == (0, "All integrations are already suspended.")
    _order, reference = story.confirm_order()
    wait_for(lambda: story.delivery(reference, "pending"), "it waits", 30)
    time.sleep(2)
    assert not story.mes_received(reference)
    assert suspend(site, "off") == (0, "All integrations are resumed.")
    wait_for(lambda: story.mes_received(reference), f"{reference} arrives", 30)


def test_a_command_stops_one_system(site, story):
    assert suspend(site, "on", "--system", "Shop floor MES") == (0, "Shop floor MES is suspended.")
    _order, reference = story.confirm_order()
    wait_for(lambda: story.delivery(reference, "pending"), "it waits", 30)
    time.sleep(1)
    assert not story.mes_received(reference)
    code, said = suspend(site, "on", "--system", "MES Halle 9")
    assert code == 1
    assert "no one system named 'MES Halle 9'" in said
    assert suspend(site, "off", "--system", "Shop floor MES") == (0, "Shop floor MES is resumed.")
    wait_for(lambda: story.mes_received(reference), f"{reference} arrives", 30)


def test_a_worker_that_is_asked_to_stop_signs_off(site):
    site.worker.stop()
    assert site.worker.child.returncode == 0
    assert site.worker.log.read_text().rstrip().endswith("has stopped")
    name = f"%:{site.worker.pid}"
    left = site.odoo.server.sql(
        f"SELECT name FROM integration_worker WHERE name LIKE '{name}'", site.database
    )
    assert not left
