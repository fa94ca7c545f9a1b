"""./hub demo as a person uses it: start it, log in, confirm an order, press Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
import websocket

from dev.odoo_api import OdooApi
from dev.paths import LOGS, REPO
from dev.processes import PIDS, answers, free_port, wait_for

pytestmark = pytest.mark.e2e

LOG = LOGS / "demo-odoo.log"


class Demo:
    """A demo in a process of its own, as it runs in a terminal."""

    def __init__(self, database, output):
        self.database, self.output = database, output
        self.log_start = LOG.stat().st_size if LOG.exists() else 0
        options = ["--port", str(free_port()), "--mes-port", str(free_port()), "--pace", "0.2"]
        command = [sys.executable, str(REPO / "hub"), "demo", "--database", database, *options]
        environment = {k: v for k, v in os.environ.items() if k != "ODOO_RC"}
        with output.open("wb") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out, env=environment, start_new_session=True
            )

    def welcome(self):
        wait_for(lambda: "Ctrl-C stops all of it" in self.shown(), "the demo's welcome", 120)
        (self.url,) = re.findall(r"Odoo runs at +(\S+)", self.shown())
        return self

    def api(self, login):
        return OdooApi(self.url, self.database).login(login, login)

    def end(self, number):
        """:return: its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def shown(self):
        return self.output.read_text()

    def odoo_log(self):
        with LOG.open() as file:
            file.seek(self.log_start)
            return file.read()


@pytest.fixture(scope="module")
def new_demo(databases, tmp_path_factory):
    demos = []
    database = databases.own("e2e_demo")

    def make():
        demos.append(Demo(database, tmp_path_factory.mktemp("demo") / "demo.log"))
        return demos[-1].welcome()

    yield make
    for demo in demos:
        demo.end(signal.SIGINT)
    databases.drop(database)


@pytest.fixture(scope="module")
def demo(new_demo):
    return new_demo()


def test_the_mes_of_the_demo_works_on_an_order_and_reports_it_done(demo):
    planner, admin = demo.api("demo"), demo.api("admin")
    order = planner.call(
        "mrp.production",
        "create",
        [{"product_id": admin.ref("integration_mrp.product_gearbox"), "product_qty": 4}],
    )[0]
    planner.call("mrp.production", "action_confirm", [order])
    done = [("id", "=", order), ("state", "=", "done")]
    wait_for(
        lambda: planner.read_one("mrp.production", done, ["name"]),
        "the MES works on the order and reports it done",
        60,
    )


def test_a_browser_hears_the_bus_at_the_address_that_the_demo_names(demo):
    """The web client opens its websocket on the page's own port."""
    admin = demo.api("admin")
    connection = websocket.create_connection(
        demo.url.replace("http://", "ws://") + "/websocket",
        timeout=20,
        origin=demo.url,
        cookie="; ".join(f"{cookie.name}={cookie.value}" for cookie in admin.cookies),
    )
    connection.send(json.dumps({"event_name": "subscribe", "data": {"channels": [], "last": 0}}))
    settings = admin.read_one("res.users.settings", [("user_id", "=", admin.uid)], ["id"]) or {
        "id": admin.call("res.users.settings", "create", [{"user_id": admin.uid}])[0]
    }
    admin.call("res.users.settings", "set_res_users_settings", [settings["id"]], {"use_push_to_talk": True})
    heard = json.loads(connection.recv())
    connection.close()
    assert [one["message"]["type"] for one in heard] == ["res.users.settings"]
    assert "bind the websocket" not in demo.odoo_log()


def test_everything_that_the_demo_started_ends_with_ctrl_c(demo):
    assert_all_ends(demo, signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_service_manager_or_a_closed_terminal_end_it_as_ctrl_c_does(new_demo, number):
    assert_all_ends(new_demo(), number)


def assert_all_ends(demo, number):
    started = [int(path.read_text().split()[0]) for path in PIDS.glob("demo-*.pid")]
    assert len(started) == 3, "Odoo, the worker, the MES"
    code = demo.end(number)
    assert not list(PIDS.glob("demo-*.pid"))
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.killpg(pid, 0)
    assert not answers(f"{demo.url}/web/health")
    assert code == 0, demo.shown()
