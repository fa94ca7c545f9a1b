"""Fault test of the outbox: killed workers, restarts of PostgreSQL, cut connections, failing partners.

A PostgreSQL cluster of its own, because it is broken on purpose; its clock runs an hour ahead where
libfaketime can be had. Two workers and two cron lanes deliver to two subscriptions: an ordered one, whose
partner answers well, and another, whose partner does not. Two emitters change partners' references in
real transactions, in each other's way; a tenth is rolled back. Every change notes itself in a store, in
its own transaction: that is what has to arrive, and nothing else.
"""

import json
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from benchmarks.breakable import DATABASE, Breakable, Victims
from benchmarks.rig import Rig, places, stats
from dev.bench import row
from dev.processes import wait_for
from dev.say import Problem, step

KEYS = 200
PARTNERS = """
    INSERT INTO res_partner (name, is_company, active, type)
         SELECT 'Line ' || lpad(n::text, 4, '0'), true, true, 'contact' FROM generate_series(0, 199) AS n
"""
OPEN = "('pending', 'sending', 'retrying')"


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
        self.rig = self.breakable = self.victims = None

    def prepare(self):
        self.breakable = Breakable(self.name)
        self.rig = Rig(self.name, self.breakable.odoo, DATABASE)
        self.rig.sql("CREATE TABLE faults_ledger (key varchar, number int)")
        self.rig.sql(PARTNERS)
        self.good = self.rig.receiver(track=True)
        self.bad = self.rig.receiver("chaos", track=True)
        self.rig.subscribe([self.good], timeout_s=2, is_ordered=True)
        self.rig.subscribe(
            [self.bad], timeout_s=2, retry_schedule="1s", max_attempts=100, name_of_system="Moody"
        )
        self.victims = Victims(self.breakable.cluster.home.with_name(f"{self.name}.pids"))

    def rage(self):
        nursery = self.rig.process("nursery.py", 2, 2, self.victims.path, "outbox")
        wait_for(lambda: len(self.victims.living()) == 4, "four lanes", 60, nursery)
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
        self.victims.kill(self.draw)

    def restart(self):
        self.breakable.restart(self.draw)

    def cut(self):
        self.breakable.cut(self.rig.sql)

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
        store = {
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
            committed=len(store),
            lost=(store - at_good - dead) | (store - at_bad - dead),
            invented=(at_good | at_bad) - store,
            out_of_order=good["out_of_order"],
            twins=good["twins"] + bad["twins"],
            stuck=int(self.rig.number(f"SELECT count(*) FROM integration_delivery WHERE state IN {OPEN}")),  # noqa: S608
            repeats=good["repeats"] + bad["repeats"],
            kills=self.victims.kills,
            restarts=self.breakable.restarts,
            cuts=self.breakable.cuts,
            undone=sum(one["undone"] for one in self.emitted),
            conflicts=sum(one["conflicts"] for one in self.emitted),
            clock_ahead_s=self.rig.number("SELECT extract(epoch FROM clock_timestamp())") - time.time(),
        )

    def close(self):
        if self.rig:
            for process in reversed(self.rig.processes):
                process.stop()
        if self.breakable:
            self.breakable.remove()


def _last_json(process):
    return json.loads(process.log.read_text().strip().splitlines()[-1])
