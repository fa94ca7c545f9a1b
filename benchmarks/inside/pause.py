"""Milliseconds to pause and to resume a subscription, and to suspend its system: pause.py DATABASE"""

import json
import statistics
import time

from start import registry

from odoo import SUPERUSER_ID, api

RUNS = 9


def timed(pool, work):
    """Milliseconds of one transaction, its commit included."""
    with pool.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        subscription = env["integration.subscription"].search([], limit=1)
        began = time.perf_counter()
        work(subscription)
        cr.commit()
        return 1000 * (time.perf_counter() - began)


def main():
    pool = registry()
    taken = {"pause": [], "resume": [], "suspend its system": []}
    for number in range(RUNS + 1):
        round_ = {
            "pause": timed(pool, lambda subscription: subscription.action_pause()),
            "resume": timed(pool, lambda subscription: subscription._mark_active()),
            "suspend its system": timed(pool, lambda subscription: subscription.system_id.action_suspend()),
        }
        timed(pool, lambda subscription: subscription.system_id._resume())
        if number:  # the first one fills caches
            for what, ms in round_.items():
                taken[what].append(ms)
    print(json.dumps({"runs": RUNS, **{what: statistics.median(ms) for what, ms in taken.items()}}))


main()
