"""./hub demo as a person uses it: start it, confirm an order, press Ctrl-C."""

import os
import re
import signal
import subprocess
import sys

import pytest

from dev.odoo_api import OdooApi
from dev.paths import REPO
from dev.processes import PIDS, answers, free_port, wait_for

pytestmark = pytest.mark.e2e


def test_the_demo_runs_until_it_is_told_to_stop(databases, tmp_path):
    database = databases.own("e2e_demo")
    output = tmp_path / "demo.log"
    port = free_port()
    command = [
        sys.executable,
        REPO / "hub",
        "demo",
        "--database",
        database,
        "--port",
        port,
        "--mes-port",
        free_port(),
    ]
    environment = {k: v for k, v in os.environ.items() if k != "ODOO_RC"}
    with output.open("wb") as out:
        demo = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=out, env=environment, start_new_session=True
        )
    try:
        wait_for(lambda: "Ctrl-C stops all of it" in output.read_text(), "the demo's welcome", 120)
        (url,) = re.findall(r"Odoo runs at +(\S+)", output.read_text())
        planner = OdooApi(url, database).login("demo", "demo")
        admin = OdooApi(url, database).login("admin", "admin")
        order = planner.call(
            "mrp.production",
            "create",
            [{"product_id": admin.ref("integration_mrp.product_gearbox"), "product_qty": 4}],
        )[0]
        planner.call("mrp.production", "action_confirm", [order])
        wait_for(
            lambda: planner.read_one(
                "mrp.production", [("id", "=", order), ("state", "=", "done")], ["name"]
            ),
            "the MES works on the order and reports it done",
            60,
        )
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        code = demo.wait(timeout=60)
        databases.drop(database)
    assert code == 0, output.read_text()
    assert not answers(f"{url}/web/health")
    assert not list(PIDS.glob("demo-*.pid")), "every process of the demo has ended"
