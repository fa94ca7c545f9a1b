"""Waking the engine when a transaction commits: at the same price whether a worker runs or crons alone.

A worker listens in the database itself: ``NOTIFY`` in the transaction is all. Odoo's cron processes listen in the
database ``postgres``, and Odoo's own ``_trigger()`` opens a connection to it at every commit: 3 of the 5 ms of a small
transaction. Here one connection for it is kept in each process. What an admin sees is the same: a row of
``ir.cron.trigger`` for each call, and Scheduled Actions that say when they run next.
"""

import logging
import os
import threading

import psycopg2

from odoo.sql_db import connection_info_for

_logger = logging.getLogger(__name__)

CHANNEL = "integration_hub"
# A worker that was not heard of for so long, in seconds, is not counted on any more.
ALIVE_S = 15.0

# A worker that was heard of lately runs the lane.
SERVED = """
    SELECT
      FROM integration_worker
     WHERE heartbeat_at > clock_timestamp() AT TIME ZONE 'UTC' - make_interval(secs => %(alive_s)s)
       AND %(lane)s = ANY (string_to_array(lanes, ', '))
"""
# For whoever listens; the cron is called where nobody does, in the same round trip.
WAKE = f"""
    WITH notified AS (
        SELECT pg_notify(%(channel)s, %(lane)s)
    ), called AS (
        INSERT INTO ir_cron_trigger (cron_id, call_at)
             SELECT cron.id, clock_timestamp() AT TIME ZONE 'UTC'
               FROM ir_cron AS cron
              WHERE cron.id = %(cron_id)s AND cron.active AND NOT EXISTS ({SERVED})
          RETURNING id
    )
    SELECT (SELECT count(*) FROM notified), EXISTS (SELECT FROM called)
"""  # noqa: S608, constants
# Odoo's cron processes listen to this channel there (``odoo/service/server.py``).
CRON_DATABASE, CRON_CHANNEL = "postgres", "cron_trigger"
NOTIFY_FUNCTION = os.getenv("ODOO_NOTIFY_FUNCTION", "pg_notify")


def wake(cr, lane, cron_id):
    """Tell the engine, when ``cr`` commits, that a lane has work.

    One notification per lane and transaction reaches a worker: PostgreSQL folds equal ones.

    :param cron_id: what runs the lane where no worker does.
    :return: whether a cron was called: :data:`crons` has to be notified after the commit.
    """
    cr.execute(WAKE, {"channel": CHANNEL, "lane": lane, "alive_s": ALIVE_S, "cron_id": cron_id})
    return cr.fetchone()[1]


class CronNotifier:
    """This process's connection to the database that Odoo's cron processes listen in."""

    def __init__(self):
        self._lock = threading.Lock()
        self._connection = None
        self._pid = None
        self._inherited = []  # a fork shares its parent's socket: it may not use it, and not even close it

    def notify(self, dbname):
        """Wake the cron processes. Without the connection they come round by themselves, a minute later."""
        with self._lock:
            for is_last_try in (False, True):
                try:
                    self._notify(dbname)
                    return
                except psycopg2.Error as error:
                    self._connection = None  # a restarted PostgreSQL: with a new one it works
                    if is_last_try:
                        _logger.warning("the cron processes could not be woken: %s", error)

    def _notify(self, dbname):
        if self._connection is None or self._connection.closed or self._pid != os.getpid():
            self._connect()
        with self._connection.cursor() as cr:
            # The name of the function is the server's own setting, as in Odoo.
            cr.execute(f'SELECT "{NOTIFY_FUNCTION}"(%s, %s)', [CRON_CHANNEL, dbname])

    def _connect(self):
        if self._connection is not None and self._pid != os.getpid():
            self._inherited.append(self._connection)
        _name, info = connection_info_for(CRON_DATABASE)
        self._connection = psycopg2.connect(**info)
        self._connection.autocommit = True
        with self._connection.cursor() as cr:
            cr.execute("SET synchronous_commit TO off")  # what is notified is on disk already
        self._pid = os.getpid()

    def close(self):
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None


crons = CronNotifier()
