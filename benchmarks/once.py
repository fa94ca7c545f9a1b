"""Fault test of the inbox: messages posted three times, killed workers, restarts of PostgreSQL.

Real HTTP into an Odoo with two workers; two integration workers and two cron lanes apply. An id is posted
three times by senders that know nothing of each other, in random order, again until it is answered. Every
message makes a contact and adds to one of a few counters that all workers want at once.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import random
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import urlsplit

from benchmarks.breakable import DATABASE, Breakable, Victims
from benchmarks.rig import Rig
from dev.bench import row
from dev.processes import wait_for
from dev.say import Problem, step

POSTS = 3
SENDERS = 8
LINES = 20
LINES_SQL = """
    INSERT INTO res_partner (name, ref, is_company, active, type, color)
         SELECT 'Line ' || n, 'LINE-' || n, true, true, 'contact', 0 FROM generate_series(0, 19) AS n
"""
OPEN = "('received', 'processing', 'waiting', 'retrying')"


@dataclass
class Plan:
    """:ivar messages: each is posted three times. :ivar kills: of the two workers and the two cron lanes."""

    messages: int
    kills: int
    kill_every_s: float
    restarts: int
    cuts: int


LONG = Plan(messages=5000, kills=60, kill_every_s=0.8, restarts=5, cuts=5)


def run():
    with once("once", LONG) as seen:
        seen.check()
    note = (
        f"{seen.kills} kill -9, {seen.restarts} restarts, {seen.cuts} cuts while {seen.posts:,} posts of"
        f" {seen.messages:,} messages were answered; {seen.sent_again} posts had to be sent again;"
        f" on {datetime.now(timezone.utc):%Y-%m-%d}"
    )
    figures = (
        ("effects missing", len(seen.missing)),
        ("effects doubled", len(seen.doubled)),
        ("pieces counted wrong", seen.miscounted),
        ("messages stuck", seen.stuck),
        ("ids thanked for twice as new", len(seen.twice_new)),
    )
    rows = [row("once", metric, "count", value, 1) for metric, value in figures]
    rows[0]["note"] = note
    return rows


@dataclass
class Seen:
    """What is there afterwards."""

    messages: int
    posts: int
    missing: set
    doubled: set
    miscounted: int
    stuck: int
    twice_new: set
    sent_again: int
    kills: int
    restarts: int
    cuts: int

    def check(self):
        """:raises AssertionError: an effect is not there exactly once."""
        problems = {
            name: getattr(self, name)
            for name in ("missing", "doubled", "miscounted", "stuck", "twice_new")
            if getattr(self, name)
        }
        if problems:
            raise AssertionError(f"{problems}")


@contextmanager
def once(name, plan):
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
        self.answers = {}  # {message id: [status, …]}
        self.sent_again = 0
        self.lock = threading.Lock()

    def prepare(self):
        self.breakable = Breakable(self.name)
        self.rig = Rig(self.name, self.breakable.odoo, DATABASE)
        self.rig.install_peer("hub_bench_handler")
        self.rig.sql(LINES_SQL)
        self.endpoint = self.rig.inside("endpoint.py", 0)
        self.rig.sql("DELETE FROM integration_message")
        _server, self.url = self.rig.http()
        self.victims = Victims(self.breakable.cluster.home.with_name(f"{self.name}.pids"))

    def rage(self):
        nursery = self.rig.process("nursery.py", 2, 2, self.victims.path, "inbox")
        wait_for(lambda: len(self.victims.living()) == 4, "four lanes", 60, nursery)
        posts = [number for number in range(self.plan.messages) for _ in range(POSTS)]
        self.draw.shuffle(posts)
        shares = [posts[first::SENDERS] for first in range(SENDERS)]
        senders = [threading.Thread(target=self.post_all, args=(share,)) for share in shares]
        with step(f"{SENDERS} senders post {len(posts):,} times; {self.plan.kills} kills fall meanwhile"):
            for sender in senders:
                sender.start()
            wait_for(lambda: self.processed() > 5, "the first effects", 60, nursery)
            self.disturb()
            for sender in senders:
                sender.join()
        with step("What is left is applied"):
            wait_for(self.is_quiet, "quiet", 300, nursery, 1)
        nursery.stop()

    def disturb(self):
        events = ["kill"] * self.plan.kills + ["restart"] * self.plan.restarts + ["cut"] * self.plan.cuts
        self.draw.shuffle(events)
        for event in events:
            time.sleep(self.plan.kill_every_s * self.draw.uniform(0.5, 1.5))
            match event:
                case "kill":
                    self.victims.kill(self.draw)
                case "restart":
                    self.breakable.restart(self.draw)
                case "cut":
                    with contextlib.suppress(Problem):  # it is just being restarted
                        self.breakable.cut(self.rig.sql)

    # -- senders ---------------------------------------------------------------------------------

    def post_all(self, numbers):
        for number in numbers:
            while True:
                status = self.post(number)
                if status in (200, 202):
                    break
                with self.lock:
                    self.sent_again += 1
                time.sleep(0.2)
            with self.lock:
                self.answers.setdefault(number, []).append(status)

    def post(self, number):
        """One post. :return: the status, or ``None`` where there was no answer."""
        body = report(number)
        headers = {
            "content-type": "application/cloudevents+json",
            **signed(self.endpoint["secret"], f"msg_{number}", body),
        }
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        try:
            connection.request("POST", f"/integration/in/{self.endpoint['token']}", body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    # -- what is there ---------------------------------------------------------------------------

    def processed(self):
        with contextlib.suppress(Problem):
            return self.rig.number("SELECT count(*) FROM integration_message WHERE state = 'processed'")
        return 0

    def is_quiet(self):
        with contextlib.suppress(Problem):
            return not self.rig.number(
                f"SELECT count(*) FROM integration_message WHERE state IN {OPEN}"  # noqa: S608
            )
        return False

    def look(self):
        effects = Counter(self.rig.sql("SELECT ref FROM res_partner WHERE ref LIKE 'PALLET-%'"))
        wanted = {f"PALLET-{number}" for number in range(self.plan.messages)}
        counted = self.rig.number("SELECT sum(color) FROM res_partner WHERE ref LIKE 'LINE-%'")
        return Seen(
            messages=self.plan.messages,
            posts=sum(map(len, self.answers.values())),
            missing=wanted - effects.keys(),
            doubled={ref for ref, count in effects.items() if count > 1} | effects.keys() - wanted,
            miscounted=int(counted) - sum(pieces(number) for number in range(self.plan.messages)),
            stuck=int(self.rig.number("SELECT count(*) FROM integration_message WHERE state != 'processed'")),
            twice_new={n for n, statuses in self.answers.items() if statuses.count(202) > 1},
            sent_again=self.sent_again,
            kills=self.victims.kills,
            restarts=self.breakable.restarts,
            cuts=self.breakable.cuts,
        )

    def close(self):
        if self.rig:
            for process in reversed(self.rig.processes):
                process.stop()
        if self.breakable:
            self.breakable.remove()


def signed(secret, message_id, body):
    """As a partner without any library signs (Standard Webhooks, "Signature scheme")."""
    timestamp = str(int(time.time()))
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256)
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}


def pieces(number):
    return number % 7 + 1


def report(number):
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"p-{number}",
            "source": "/wms/halle-3",
            "type": "bench.pallet.counted",
            "subject": f"PALLET-{number}",
            "data": {
                "pallet": f"PALLET-{number}",
                "line": f"LINE-{number % LINES}",
                "pieces": pieces(number),
            },
        }
    ).encode()
