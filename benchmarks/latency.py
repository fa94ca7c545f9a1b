"""Benchmark of the latency from commit to partner when idle, with the worker and with scheduled actions only."""

import statistics
import time
from datetime import datetime, timezone

from dev.bench import quantile, row
from dev.databases import Databases
from dev.odoo import Odoo
from dev.processes import wait_for
from dev.say import step
from dev.site import Site
from dev.story import Story

ORDERS = 60


def run():
    odoo = Odoo()
    databases = Databases(odoo)
    rows = []
    for shape, with_worker in (("worker", True), ("cron", False)):
        database = databases.copy(databases.suite(), databases.own(f"bench_{shape}"))
        site = Site(odoo, database, name=f"bench-{shape}")
        try:
            site.start(with_worker).connect_mes().start_mes()
            with step(f"Confirming {ORDERS} orders, one at a time ({shape})"):
                rows += _measure(site, shape)
        finally:
            site.stop()
            databases.drop(database)
    return rows


def _measure(site, shape):
    story = Story(site)
    story.planner, story.admin = site.api("demo"), site.api("admin")
    after_answer, after_event = [], []
    for _number in range(ORDERS + 5):
        _order, reference = story.confirm_order()
        arrived = wait_for(
            lambda r=reference: story.mes_received(r), f"{reference} arrives", 30, interval_s=0.01
        )
        event = site.odoo.server.sql(
            "SELECT extract(epoch FROM occurred_at) FROM integration_event"  # noqa: S608, ours
            f" WHERE subject = '{reference}' AND type = 'manufacturing.order.released'",
            site.database,
        )
        after_answer.append(max(0.0, arrived["at"] - story.confirmed_at) * 1000)
        after_event.append((arrived["at"] - float(event[0])) * 1000)
        time.sleep(0.2)
    note = f"{ORDERS} orders on {datetime.now(timezone.utc):%Y-%m-%d}; the first 5 warmed up and are left out"
    rows = []
    for metric, values in (
        ("after the answer", after_answer[5:]),
        ("after the event's row", after_event[5:]),
    ):
        for name, value in (("p50", statistics.median(values)), ("p99", quantile(values, 0.99))):
            rows.append(
                row(
                    "latency",
                    f"{shape}, {metric}, {name}",
                    "ms",
                    round(value, 1),
                    ORDERS,
                    is_time=True,
                    note="",
                )
            )
    rows[-1]["note"] = note
    return rows
