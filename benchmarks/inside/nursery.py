"""Workers and cron lanes that are born fast: Odoo is loaded once, each of them is a fork of it.

    nursery.py DATABASE WORKERS CRON_LANES PIDS LANE

Writes the pids of the living to the file PIDS; who is killed is born again at once. Ends with its parent.
"""

import os
import signal
import sys
import time
from pathlib import Path

from start import registry

import odoo.sql_db
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

DATABASE, WORKERS, CRONS, PIDS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
LANE = sys.argv[5]


def work():
    from odoo.addons.integration_core.engine.worker import Worker  # noqa: PLC0415

    Worker(DATABASE, [LANE]).run()


def cron():
    """As Odoo's cron thread runs the lane, over and over."""
    import psycopg2  # noqa: PLC0415

    while True:
        try:
            with Registry(DATABASE).cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {"cron_end_time": time.monotonic() + 2})
                env["integration.worker"]._cron_run(LANE)
        except psycopg2.Error:
            time.sleep(0.2)
        time.sleep(0.05)


def bear(role):
    pid = os.fork()
    if pid:
        return pid
    try:
        role()
    finally:
        os._exit(1)


def main():
    registry()
    odoo.sql_db.close_all()
    parent = os.getppid()
    roles = {}

    def end(*_arguments):
        for pid in roles:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    for role in [work] * WORKERS + [cron] * CRONS:
        roles[bear(role)] = role
    while os.getppid() == parent:
        PIDS.write_text("\n".join(map(str, roles)))
        pid, _status = os.waitpid(-1, os.WNOHANG)
        if pid:
            role = roles.pop(pid)
            roles[bear(role)] = role
            continue
        time.sleep(0.02)
    end()


main()
