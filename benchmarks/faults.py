"""Killing workers, restarting PostgreSQL, cutting its connections, partners that misbehave: what is lost?

A PostgreSQL cluster of its own, because it is broken on purpose; its clock runs an hour ahead where
libfaketime can be had. Two workers and two cron lanes deliver to two subscriptions: an ordered one, whose
partner answers well, and another, whose partner does not. Two emitters change partners' references in
real transactions, in each other's way; a tenth is rolled back. Every change notes itself in a ledger, in
its own transaction: that is what has to arrive, and nothing else.
"""

import json
import os
import random
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from benchmarks.rig import Rig, places, stats
from dev import postgres
from dev.bench import row
from dev.databases import Databases
from dev.debian import bring
from dev.odoo import Odoo
from dev.processes import wait_for
from dev.run import run as run_command
from dev.say import Problem, say, step

KEYS = 200
PARTNERS = """
    INSERT INTO res_partner (name, is_company, active, type)
         SELECT 'Line ' || lpad(n::text, 4, '0'), true, true, 'contact' FROM generate_series(0, 199) AS n
"""
OPEN = "('pending', 'sending', 'retrying', 'paused')"


@dataclass
class Plan:
    """:ivar transactions: of each of two emitters; three events each, on average.

    :ivar kill_every_s: how often one of the four is killed. :ivar restarts: of PostgreSQL.
    :ivar cuts: how often all connections are cut.
    """

    transactions: int
    kills: int
    kill_every_s: float
    restarts: int
    cuts: int


LONG = Plan(transactions=2500, kills=120, kill_every_s=0.4, restarts=5, cuts=5)


def run():
    with faults("faults", LONG) as seen:
        seen.check()
    note = (
        f"{seen.kills} kill -9, {seen.restarts} restarts and {seen.cuts} cuts while {seen.committed:,} events were"
        f" committed; {seen.repeats} came again; PostgreSQL's clock {seen.clock_ahead_s / 60:.0f} min ahead, on {datetime.now(timezone.utc):%Y-%m-%d}"
    )
    figures = (
        ("events lost", len(seen.lost)),
        ("events without their change", len(seen.invented)),
        ("out of order", seen.out_of_order),
        ("under two ids", seen.twins),
        ("stuck rows", seen.stuck),
    )
    rows = [row("faults", metric, "count", value, 1) for metric, value in figures]
    rows[0]["note"] = note
    return rows


@dataclass
class Seen:
    """What an attack left behind."""

    committed: int
    lost: set
    invented: set
    out_of_order: int
    twins: int
    stuck: int
    repeats: int
    kills: int
    restarts: int
    cuts: int
    undone: int
    conflicts: int
    clock_ahead_s: float

    def check(self):
        """:raises AssertionError: a sentence of the issue is not true."""
        problems = {
            name: getattr(self, name)
            for name in ("lost", "invented", "out_of_order", "twins", "stuck")
            if getattr(self, name)
        }
        if problems:
            raise AssertionError(f"{problems}")
        if not self.kills and not self.restarts and self.repeats:
            raise AssertionError(f"{self.repeats} came twice though no process died")


@contextmanager
def faults(name, plan):
    """Run ``plan``; gives what was seen afterwards."""
    attack = Attack(name, plan)
    try:
        attack.prepare()
        attack.rage()
        yield attack.look()
    finally:
        attack.close()


class Attack:
    def __init__(self, name, plan):
        self.name, self.plan = name, plan
        self.draw = random.Random(2611)  # noqa: S311
        self.rig = self.cluster = None
        self.kills = self.restarts = self.cuts = 0

    def prepare(self):
        bindir = postgres.binaries()
        if bindir is None:
            raise Problem(
                "There are no PostgreSQL server binaries on this machine.", "Unset PGHOST, or install them."
            )
        usual = Odoo()
        template = Databases(usual).suite()
        self.environment = _clock_ahead()
        self.cluster = postgres.Cluster(bindir, "-faults")
        self.cluster.start(**self.environment)
        server = postgres.Server(self.cluster.socket, postgres.ROLE, bindir=bindir)
        with step("Copying the suite's database to a cluster that may break"):
            server.sql("DROP DATABASE IF EXISTS hub_faults WITH (FORCE)")
            server.sql("CREATE DATABASE hub_faults TEMPLATE template0")
            dump = self.cluster.home / "suite.dump"
            dump.unlink(missing_ok=True)
            dump_command = [usual.server.program("pg_dump"), "-Fc", "-Z1", "-d", template, "-f", dump]
            switch = {"user": postgres.runner()} if postgres.runner() else {}
            run_command(
                dump_command, "Dumping", "faults", env={**usual.server.environment}, cwd="/", **switch
            )
            restore = [server.program("pg_restore"), "-O", "-j2", "-d", "hub_faults", dump]
            run_command(restore, "Restoring", "faults", env={**server.environment}, cwd="/", **switch)
        self.rig = Rig(self.name, Odoo(server), "hub_faults")
        self.rig.sql("CREATE TABLE faults_ledger (key varchar, number int)")
        self.rig.sql(PARTNERS)
        self.good = self.rig.receiver(track=True)
        self.bad = self.rig.receiver("chaos", track=True)
        self.rig.subscribe([self.good], timeout_s=2, is_ordered=True)
        self.rig.subscribe(
            [self.bad], timeout_s=2, retry_schedule="1s", max_attempts=100, name_of_system="Moody"
        )
        self.pids = self.cluster.home.with_name(f"{self.name}.pids")
        self.pids.unlink(missing_ok=True)

    def rage(self):
        nursery = self.rig.process("nursery.py", 2, 2, self.pids)
        wait_for(lambda: self.pids.exists() and len(self.living()) == 4, "four lanes", 60, nursery)
        emitters = [
            self.rig.process("emit.py", seed, self.plan.transactions, KEYS, name=f"emit{seed}")
            for seed in (1, 2)
        ]
        with step(f"Two emitters work, and {self.plan.kills} kills fall on two workers and two cron lanes"):
            for emitter in emitters:  # one that is still loading Odoo does not expect to be disturbed
                wait_for(lambda e=emitter: "ready" in e.log.read_text(), "the emitters", 60, emitter)
            wait_for(lambda: self.events() > 0, "the first event", 60, emitters[0])
            self.disturb(emitters)
            for emitter in emitters:
                emitter.child.wait(600)
        with step("What is left is delivered"):
            wait_for(self.is_quiet, "quiet", 240, nursery, 1)
        self.emitted = [_last_json(emitter) for emitter in emitters]
        nursery.stop()

    def disturb(self, emitters):
        events = ["kill"] * self.plan.kills + ["restart"] * self.plan.restarts + ["cut"] * self.plan.cuts
        self.draw.shuffle(events)
        for event in events:
            time.sleep(self.plan.kill_every_s * self.draw.uniform(0.5, 1.5))
            getattr(self, event)()

    def kill(self):
        try:
            os.kill(self.draw.choice(self.living()), signal.SIGKILL)
            self.kills += 1
        except (ProcessLookupError, IndexError):
            say("·  nobody to kill at this moment")

    def restart(self):
        self.cluster.stop(self.draw.choice(["fast", "immediate"]))
        self.cluster.start(**self.environment)
        self.restarts += 1

    def cut(self):
        self.rig.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = 'hub_faults' AND pid <> pg_backend_pid()"
        )
        self.cuts += 1

    def living(self):
        try:
            return [int(pid) for pid in self.pids.read_text().split()]
        except (FileNotFoundError, ValueError):
            return []

    def events(self):
        try:
            return self.rig.number("SELECT count(*) FROM faults_ledger")
        except Problem:
            return 0

    def is_quiet(self):
        try:
            return not self.rig.number(
                f"SELECT (SELECT count(*) FROM integration_delivery WHERE state IN {OPEN})"  # noqa: S608
                " + (SELECT count(*) FROM integration_event_pending)"
            )
        except Problem:
            return False

    def look(self):
        ledger = {
            (key, int(number))
            for key, number in (
                line.split("|") for line in self.rig.sql("SELECT key, number FROM faults_ledger")
            )
        }
        dead = {
            (key, int(number))
            for key, number in (
                line.split("|")
                for line in self.rig.sql(
                    "SELECT event.partition_key, event.data::json->>'number' FROM integration_delivery AS delivery"
                    " JOIN integration_event AS event ON event.id = delivery.event_id"
                    " WHERE delivery.state = 'dead' AND delivery.reason IS NOT NULL"
                )
            )
        }
        good, bad = stats(self.good), stats(self.bad)
        at_good, at_bad = places(self.good), places(self.bad)
        return Seen(
            committed=len(ledger),
            lost=(ledger - at_good - dead) | (ledger - at_bad - dead),
            invented=(at_good | at_bad) - ledger,
            out_of_order=good["out_of_order"],
            twins=good["twins"] + bad["twins"],
            stuck=int(self.rig.number(f"SELECT count(*) FROM integration_delivery WHERE state IN {OPEN}")),  # noqa: S608
            repeats=good["repeats"] + bad["repeats"],
            kills=self.kills,
            restarts=self.restarts,
            cuts=self.cuts,
            undone=sum(one["undone"] for one in self.emitted),
            conflicts=sum(one["conflicts"] for one in self.emitted),
            clock_ahead_s=self.rig.number("SELECT extract(epoch FROM clock_timestamp())") - time.time(),
        )

    def close(self):
        if self.rig:
            for process in reversed(self.rig.processes):
                process.stop()
        if self.cluster:
            self.cluster.remove()


def _clock_ahead():
    """The environment that puts PostgreSQL's clock an hour ahead; empty where libfaketime cannot be had."""
    try:
        prefix = bring("libfaketime", "libfaketime", postgres.place())
    except Problem as problem:
        say(f"·  PostgreSQL's clock stays as it is: {problem.what}")
        return {}
    library = next(prefix.rglob("libfaketime.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME": "+1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _last_json(process):
    return json.loads(process.log.read_text().strip().splitlines()[-1])
