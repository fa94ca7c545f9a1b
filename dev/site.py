"""A running site: Odoo with several workers, the integration worker, and the simulated MES."""

import os

from dev.odoo_api import OdooApi
from dev.paths import REPO, STATE
from dev.processes import Process, answers, free_port, need_port, wait_for
from dev.say import step

START_S = 90


class Site:
    """:param database: a copy of the suite's template. :param port: 0 takes free ones.
    :param config: options of Odoo that are other than usual.
    """

    def __init__(self, odoo, database, port=0, mes_port=0, mes_options=(), name="demo", **config):
        self.odoo = odoo
        self.database = database
        self.name = name
        if port:
            need_port(port, "--port")
        if mes_port:
            need_port(mes_port, "--mes-port")
        self.port = port or free_port()
        self.mes_port = mes_port or free_port()
        self.mes_options = list(mes_options)
        self.url = f"http://127.0.0.1:{self.port}"
        self.mes_url = f"http://127.0.0.1:{self.mes_port}"
        self.config = odoo.config(
            f"{name}-{database}",
            http_port=self.port,
            http_interface="127.0.0.1",
            gevent_port=free_port(),
            **{"workers": 2, "dbfilter": f"^{database}$", "db_name": database, **config},
        )
        self.server = Process(f"{name}-odoo", odoo.command(config=self.config), odoo.environment, cwd=STATE)
        self.worker = self.new_worker()
        self.mes = None
        self.mes_environment = {}

    def new_worker(self, suffix=""):
        command = self.odoo.command("integration_worker", "-d", self.database, config=self.config)
        return Process(f"{self.name}-worker{suffix}", command, self.odoo.environment, cwd=STATE)

    def api(self, login="admin", password=None):
        return OdooApi(self.url, self.database).login(login, password or login)

    def start(self, with_worker=True):
        with step("Starting Odoo and the integration worker"):
            self.server.start()
            if with_worker:
                self.worker.start()
            wait_for(lambda: answers(self.url + "/web/health"), "Odoo's answer", START_S, self.server)
            if with_worker:
                wait_for(self._worker_beats, "the worker's first sign of life", START_S, self.worker, 0.3)
        return self

    def _worker_beats(self):
        return self.odoo.server.sql("SELECT 1 FROM integration_worker", self.database)

    def connect_mes(self):
        """What an admin does once: make the two secrets, hand them over, name the MES's address."""
        admin = self.api()
        system = admin.ref("integration_mrp.system_mes")
        to_us = admin.call("integration.system", "action_new_signing_secret", [system])
        to_them = admin.call("integration.system", "action_new_verification_secret", [system])
        subscription = admin.ref("integration_mrp.subscription_mes")
        admin.call(
            "integration.subscription", "write", [subscription], {"url": f"{self.mes_url}/webhooks/odoo"}
        )
        endpoint = admin.read_one(
            "integration.endpoint", [("id", "=", admin.ref("integration_mrp.endpoint_mes"))], ["token"]
        )
        self.endpoint_url = f"{self.url}/integration/in/{endpoint['token']}"
        self.mes_environment = {
            **os.environ,
            "MES_VERIFY_SECRET": to_us["params"]["secret"],
            "MES_SIGN_SECRET": to_them["params"]["secret"],
        }
        return self

    def start_mes(self):
        command = [
            self.odoo.python,
            REPO / "dev/mes/mes.py",
            "--port",
            self.mes_port,
            "--odoo",
            self.endpoint_url,
        ]
        self.mes = Process(f"{self.name}-mes", [*command, *self.mes_options], self.mes_environment).start()
        wait_for(lambda: answers(self.mes_url + "/state"), "the MES's answer", 20, self.mes)
        return self

    def stop(self):
        for process in (self.mes, self.worker, self.server):
            if process is not None:
                process.stop()
