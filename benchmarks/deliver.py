"""Benchmark of signed deliveries per second, compared with queue_job and Odoo's own webhooks."""

import statistics
import time

from benchmarks.rig import PAYLOAD, rig, stats
from dev.bench import row
from dev.processes import Process, answers, free_port, wait_for
from dev.say import step

EVENTS = 60_000
RUNS = 3
JOBS = 1500
ACTIONS = 500
BARE = 60_000
BODY = PAYLOAD + "}"


def run():
    with rig("deliver") as made:
        port = made.receiver()
        url = f"http://127.0.0.1:{port}/webhooks/odoo"
        with step(f"libcurl alone posts {BARE:,} times: what the receiver can take"):
            bare = made.inside("bare.py", url, BARE, BODY)
        with step("Installing queue_job beside the suite"):
            made.install_peer()
        jobs = _queue_job(made, port, url)
        with step(f"Odoo's own webhook action, {ACTIONS} times"):
            action = made.inside("action.py", url, ACTIONS)
        made.subscribe([port])
        ready = _ours(made, port, made.deliveries, "pending deliveries")
        whole = _ours(made, port, made.events, "events")
    rows = [
        row("deliver", "signed deliveries", "1/s", round(ready), RUNS, "queue_job, 4 workers", round(jobs)),
        row(
            "deliver", "signed deliveries", "1/s", round(ready), RUNS, "Odoo's webhook action", round(action)
        ),
        row("deliver", "signed deliveries", "1/s", round(ready), RUNS, "libcurl alone", round(bare)),
        row(
            "deliver",
            "events, handed out too",
            "1/s",
            round(whole),
            RUNS,
            "queue_job, 4 workers",
            round(jobs),
        ),
    ]
    rows[-1]["note"] = (
        f"libcurl alone got {bare:,.0f}/s through the same receiver: that is not what bounds us"
    )
    return rows


def _ours(made, port, prepare, what):
    rates = []
    for number in range(RUNS):
        prepare(EVENTS)
        with step(f"Delivering {EVENTS:,} {what}, run {number + 1}"):
            rates.append(_rate(made, port))
        made.sql("TRUNCATE integration_event CASCADE")
    return statistics.median(rates)


def _rate(made, port):
    """Deliveries per second, from the first request's arrival to the last answer that was written down."""
    begun = stats(port)["count"]
    worker = made.worker().start()
    try:
        wait_for(lambda: stats(port)["count"] > begun, "the first delivery", 60, worker, 0.01)
        first = time.time()
        wait_for(lambda: stats(port)["count"] - begun >= EVENTS, "the last delivery", 300, worker, 0.1)
        left = "SELECT count(*) FROM integration_delivery WHERE state != 'delivered'"
        wait_for(lambda: not made.number(left), "the last answer is written down", 60, worker, 0.1)
        last = made.number(
            "SELECT extract(epoch FROM max(delivered_at) AT TIME ZONE 'UTC') FROM integration_delivery"
        )
        return EVENTS / (last - first)
    finally:
        worker.stop()


def _queue_job(made, port, url):
    """Jobs per second of an Odoo with four workers and as many channels, each a signed POST."""
    made.inside("enqueue.py", url, JOBS, BODY)
    http_port = free_port()
    config = made.odoo.config(
        "bench-queue-job",
        **made.peer_options(),
        server_wide_modules="base,web,queue_job",
        workers=4,
        max_cron_threads=0,
        http_interface="127.0.0.1",
        http_port=http_port,
        gevent_port=free_port(),
    )
    environment = {
        **made.odoo.environment,
        "ODOO_QUEUE_JOB_CHANNELS": "root:4",
        "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
        "ODOO_QUEUE_JOB_PORT": str(http_port),
        "ODOO_QUEUE_JOB_JOBRUNNER_DB_HOST": made.odoo.server.host,
        "ODOO_QUEUE_JOB_JOBRUNNER_DB_USER": made.odoo.server.user,
    }
    server = Process("bench-queue-job", made.odoo.command(config=config), environment)
    made.processes.append(server)
    begun = stats(port)["count"]
    with step(f"queue_job with four workers sends {JOBS:,} webhooks"):
        server.start()
        wait_for(lambda: answers(f"http://127.0.0.1:{http_port}/web/health"), "Odoo's answer", 90, server)
        wait_for(lambda: stats(port)["count"] - begun > JOBS // 10, "the first jobs", 120, server, 0.05)
        first, at_first = time.time(), stats(port)["count"]
        wait_for(lambda: stats(port)["count"] - begun >= JOBS, "the last job", 300, server, 0.05)
        rate = (stats(port)["count"] - at_first) / (time.time() - first)
        server.stop()
    return rate
