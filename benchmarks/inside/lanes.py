"""Apply messages with several of the inbox's lanes, each a process of its own.

    lanes.py DATABASE COUNT LINES ROUNDS LANES…

Every message makes a contact and adds to one of LINES counters; with LINES as many as COUNT, no two
messages meet. Prints, for each number of lanes, messages per second in each round, and how many deadlocks
PostgreSQL found.
"""

import json
import mmap
import os
import sys
import time
import traceback

from start import registry, worker_lives

import odoo.sql_db
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

DATABASE, COUNT, LINES, ROUNDS = sys.argv[1], *map(int, sys.argv[2:5])
LANES = [int(number) for number in sys.argv[5:]]
FLAGS = mmap.mmap(-1, 2)  # shared with the lanes: begin, end
OPEN = "SELECT count(*) FROM integration_message WHERE state NOT IN ('processed')"
LINES_SQL = """
    INSERT INTO res_partner (name, ref, is_company, active, type, color, complete_name, commercial_company_name)
         SELECT 'Line ' || n, 'LINE-' || n, true, true, 'contact', 0, 'Line ' || n, 'Line ' || n
           FROM generate_series(0, %s) AS n
"""


def lane():
    """A lane's process: the loop that a worker runs."""
    from odoo.addons.integration_core.engine.lane import run  # noqa: PLC0415
    from odoo.addons.integration_inbox.engine.lane import InboxLane  # noqa: PLC0415

    inbox = InboxLane(Registry(DATABASE), is_threaded=True)
    while not FLAGS[0]:
        time.sleep(0.001)
    run(inbox, lambda: FLAGS[1], lambda seconds: time.sleep(min(seconds, 0.02)))
    inbox.close()


def bear():
    pid = os.fork()
    if pid:
        return pid
    try:
        lane()
        os._exit(0)
    except BaseException:  # noqa: BLE001, the child of a fork ends here whatever happens
        traceback.print_exc()
    finally:
        os._exit(1)


def fill(cr, endpoint, turn):
    """As accepting stores them, in random order of lines."""
    from odoo.addons.integration_core.wire import cloudevents  # noqa: PLC0415
    from odoo.addons.integration_inbox.accept.reading import Reading  # noqa: PLC0415
    from odoo.addons.integration_inbox.accept.store import store  # noqa: PLC0415

    settings = endpoint._settings()
    for number in range(COUNT):
        pallet = f"PALLET-{turn}-{number}"
        event = {
            "specversion": "1.0",
            "id": pallet,
            "source": "/wms/halle-3",
            "type": "bench.pallet.counted",
            "subject": pallet,
            "data": {"pallet": pallet, "line": f"LINE-{number * 7919 % LINES}", "pieces": number % 7 + 1},
        }
        reading = Reading(pallet, json.dumps(event), None, "0" * 64, [cloudevents.parse(event)])
        store(cr, settings, reading, "received", None, "{}", "127.0.0.1")


def number(pool, statement):
    with pool.cursor() as cr:
        cr.execute(statement)
        return cr.fetchone()[0]


def deadlocks(pool):
    return number(pool, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")


def timed(pool, lanes, endpoint_id, turn):
    with pool.cursor() as cr:
        fill(cr, api.Environment(cr, SUPERUSER_ID, {})["integration.endpoint"].browse(endpoint_id), turn)
        cr.commit()
        cr.execute("ANALYZE integration_message")
        cr.commit()
    odoo.sql_db.close_all()
    FLAGS[0] = FLAGS[1] = 0
    pids = [bear() for _ in range(lanes)]
    time.sleep(0.2)
    began = time.perf_counter()
    FLAGS[0] = 1
    while number(pool, OPEN):
        if os.waitpid(-1, os.WNOHANG)[0]:
            raise SystemExit("a lane has died")
        time.sleep(0.05)
    spent = time.perf_counter() - began
    FLAGS[1] = 1
    for pid in pids:
        os.waitpid(pid, 0)
    return COUNT / spent


def main():
    pool = registry()
    with pool.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        system = env["integration.system"].create({"name": f"WMS of the benchmark {os.getpid()}"})
        system.action_create_service_user()
        system.user_id.group_ids += env.ref("base.group_partner_manager")
        endpoint_id = env["integration.endpoint"].create({"name": "Counts", "system_id": system.id}).id
        worker_lives(cr, 1)
        cr.execute("UPDATE integration_worker SET lanes = 'inbox, outbox'")
        cr.execute("DELETE FROM integration_message")
        cr.execute("DELETE FROM res_partner WHERE ref LIKE 'PALLET-%' OR ref LIKE 'LINE-%'")
        cr.execute(LINES_SQL, [LINES - 1])
        cr.commit()
    rates, found = {lanes: [] for lanes in LANES}, dict.fromkeys(LANES, 0)
    for turn in range(ROUNDS):
        for lanes in LANES if turn % 2 else LANES[::-1]:
            before = deadlocks(pool)
            rates[lanes].append(timed(pool, lanes, endpoint_id, f"{turn}-{lanes}"))
            time.sleep(0.6)  # a connection tells its statistics when it ends, or twice a second
            found[lanes] += deadlocks(pool) - before
    with pool.cursor() as cr:
        cr.execute("SELECT sum(color) FROM res_partner WHERE ref LIKE 'LINE-%'")
        wanted = ROUNDS * len(LANES) * sum(n % 7 + 1 for n in range(COUNT))
        if cr.fetchone()[0] != wanted:
            raise SystemExit("an effect is not there exactly once")
    print(json.dumps({"rates": rates, "deadlocks": found}))


main()
