"""Events per second against queue_job's jobs per second, in turns: publish.py DATABASE HOW_MANY RUNS WORKER"""

import json
import sys
import time

import declared
from start import registry, worker_lives

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_outbox import emission

DECLARATION = declared.install()
MANY, RUNS, WORKER = (int(argument) for argument in sys.argv[2:5])
BODY = json.dumps(
    {"key": "Line 7", "number": 7, "components": [{"code": f"C{n}", "quantity": n} for n in range(10)]}
)


def ours(partners):
    """Build and insert an event of each."""
    emission.note(partners.env, DECLARATION, partners.ids)


def theirs(partners):
    """Enqueue a job for each. The body is ready-made: queue_job has none to build."""
    for partner in partners:
        partner.with_delay()._hub_bench_send("http://127.0.0.1:9/hook", "c2VjcmV0", BODY)


def rate(pool, publish, ids):
    with pool.cursor() as cr:
        partners = api.Environment(cr, SUPERUSER_ID, {})["res.partner"].browse(ids)
        partners.mapped("name")  # a business transaction has read what it changes
        began = time.perf_counter()
        publish(partners)
        cr.commit()
    return len(ids) / (time.perf_counter() - began)


def main():
    pool = registry()
    with pool.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        ids = env["res.partner"].create([{"name": f"Line {n}", "ref": str(n)} for n in range(MANY)]).ids
        worker_lives(cr, WORKER)
    taken = {"ours": [], "theirs": []}
    for number in range(RUNS + 2):
        for who, publish in (("ours", ours), ("theirs", theirs)):
            result = rate(pool, publish, ids)
            if number >= 2:  # the first two fill caches
                taken[who].append(result)
    print(json.dumps(taken))


main()
