"""Common setup of the benchmarks: a database, receivers, workers and test events."""

import json
import os
import subprocess
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from dev import python
from dev.databases import Databases
from dev.odoo import Odoo
from dev.paths import REPO, STATE
from dev.processes import Process, answers, free_port, wait_for
from dev.run import run
from dev.say import Problem

INSIDE = REPO / "benchmarks/inside"

# What a released production order with three components looks like, in bytes and in kind.
PAYLOAD = json.dumps(
    {
        "reference": "WH/MO/00042",
        "product": {"code": "FURN_7800", "name": "Drawer cabinet, oak", "uom": "C62"},
        "quantity": {"value": 12, "unit": "C62"},
        "planned_start": "2026-11-21T05:30:00Z",
        "components": [
            {
                "product": {"code": code, "name": name},
                "quantity": {"value": 24, "unit": "C62"},
                "lot": "L-2611-7",
            }
            for code, name in (
                ("OAK-18", "Oak board 18 mm"),
                ("HINGE-90", "Hinge"),
                ("SCREW-4", "Screw 4x40"),
            )
        ],
    }
)[:-1]

EVENTS = """
    INSERT INTO integration_event
                (event_id, type, version, company_id, subject, partition_key, data, occurred_at, correlation_id)
         SELECT gen_random_uuid()::varchar, 'manufacturing.order.released', 1, 1, 'WH/MO/' || n,
                'WH/MO/' || n %% {keys}, '{payload}, "key": "' || n %% {keys} || '", "number": ' || n || '}}',
                now() AT TIME ZONE 'UTC', gen_random_uuid()::varchar
           FROM generate_series(1, {count}) AS n
"""


class Rig:
    """A copy of the suite's database without demo traffic, and what runs against it."""

    def __init__(self, name, odoo=None, database=None):
        self.odoo = odoo or Odoo()
        self.databases = Databases(self.odoo)
        self.name = name
        self.database = database or self.databases.copy(
            self.databases.suite(), self.databases.own(f"bench_{name}")
        )
        self.processes = []
        self.receivers = []
        self.sql("UPDATE integration_subscription SET active = false")

    def install_peer(self, module="hub_bench_peer"):
        """A module of ``peer_addons`` beside the suite: OCA's queue_job and a webhook that is sent with it."""
        config = self.odoo.config(f"bench-{self.name}-peer", **self.peer_options())
        command = self.odoo.command(
            "-d", self.database, "-i", module, "--stop-after-init", "--no-http",
            "--max-cron-threads=0", "--log-level=warn", config=config,
        )  # fmt: skip
        run(command, f"Installing {module}", "bench-peer", env=self.odoo.environment)

    def http(self, **options):
        """An Odoo with two HTTP workers. :return: its process and its address."""
        port = free_port()
        config = self.odoo.config(
            f"bench-{self.name}-http",
            **{
                **self.peer_options(),
                "workers": 2,
                "max_cron_threads": 0,
                "http_interface": "127.0.0.1",
                "http_port": port,
                "gevent_port": free_port(),
                **options,
            },
        )
        server = Process(f"bench-{self.name}-http", self.odoo.command(config=config), self.odoo.environment)
        self.processes.append(server)
        server.start()
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{url}/web/health"), "Odoo's answer", 90, server)
        return server, url

    def peer_options(self):
        paths = [self.odoo.addons_path, str(python.peers()), str(REPO / "benchmarks/peer_addons")]
        return {"addons_path": ",".join(paths), "db_name": self.database, "log_level": "warn"}

    def sql(self, statement):
        return self.odoo.server.sql(statement, self.database)

    def number(self, statement):
        return float(self.sql(statement)[0] or 0)

    def receiver(self, behave="ok", track=False):
        """:return: the port of a new receiver."""
        port = free_port()
        command = [self.odoo.python, REPO / "benchmarks/receiver.py", "--port", port, "--behave", behave]
        process = Process(
            f"bench-receiver-{port}", [*command, *(["--track"] if track else [])], dict(os.environ)
        )
        self.processes.append(process.start())
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/stats"), "the receiver's answer", 20, process)
        return port

    def inside(self, script, *arguments):
        """Run a script of ``inside/`` with Odoo's Python; what it prints last is JSON."""
        command, environment = self.script(script, *arguments)
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
        if done.returncode:
            raise Problem(f"{script} failed:\n{done.stderr[-3000:]}", "It ran with Odoo's own Python.")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def process(self, script, *arguments, name=None):
        """Start a script of ``inside/``; its log is what it prints."""
        command, environment = self.script(script, *arguments)
        process = Process(f"bench-{self.name}-{name or script.removesuffix('.py')}", command, environment)
        process.log.unlink(missing_ok=True)
        self.processes.append(process)
        return process.start()

    def script(self, script, *arguments):
        config = self.odoo.config(f"bench-{self.name}", **self.peer_options())
        environment = {
            **self.odoo.environment,
            "ODOO_RC": str(config),
            "PYTHONPATH": f"{self.odoo.source.root}:{REPO}",
        }
        return [str(self.odoo.python), str(INSIDE / script), self.database, *map(str, arguments)], environment

    def subscribe(self, ports, **values):
        """One subscription to everything for each port; :return: their ids."""
        return self.inside("subscribe.py", json.dumps(ports), json.dumps(values))

    def events(self, count, keys=1000, pending=True):
        """Insert events by SQL: how they come about is what ``publish`` measures."""
        payload = PAYLOAD.replace("'", "''")
        insert = EVENTS.format(count=count, keys=keys, payload=payload).replace("%%", "%")
        if pending:
            insert = (
                f"WITH new AS ({insert} RETURNING id)"  # noqa: S608, ours
                " INSERT INTO integration_event_pending (id) SELECT id FROM new"
            )
        self.sql(insert)
        self.sql("ANALYZE integration_event")

    def deliveries(self, count, keys=1000):
        """Events that were handed out already: one pending delivery each."""
        self.events(count, keys, pending=False)
        self.sql(
            "INSERT INTO integration_delivery (event_id, subscription_id, state, attempt_count, failure_count,"
            " created_at, next_attempt_at)"
            " SELECT event.id, subscription.id, 'pending', 0, 0, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'"
            " FROM integration_event AS event, integration_subscription AS subscription"
            " WHERE subscription.active AND NOT EXISTS"
            " (SELECT FROM integration_delivery AS delivery WHERE delivery.event_id = event.id)"
            " ORDER BY event.id"
        )
        self.sql("VACUUM ANALYZE integration_delivery")

    def worker(self, number=1):
        config = self.odoo.config(f"bench-worker-{self.name}", db_name=self.database)
        command = self.odoo.command(
            "integration_worker", "-d", self.database, "--lanes=outbox", config=config
        )
        process = Process(f"bench-{self.name}-worker{number}", command, self.odoo.environment, cwd=STATE)
        self.processes.append(process)
        return process

    def close(self):
        for process in reversed(self.processes):
            process.stop()
        self.databases.drop(self.database)


@contextmanager
def rig(name, **options):
    made = Rig(name, **options)
    try:
        yield made
    finally:
        made.close()


def places(port):
    """What a tracking receiver answered well: ``{(key, number), …}``."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/places", timeout=60) as response:  # noqa: S310
        lines = response.read().decode().splitlines()
    return {(key, int(number)) for key, _blank, number in (line.rpartition(" ") for line in lines)}


def stats(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats", timeout=30) as response:  # noqa: S310
        return json.loads(response.read())


def write(path, text):
    Path(path).write_text(text, encoding="utf-8")
