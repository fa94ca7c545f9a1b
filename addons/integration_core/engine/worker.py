"""The long-lived worker: one process that listens and runs every lane in a thread of its own.

Any number may run, on any number of machines, beside the cron lanes: rows are claimed, so they share.
``SIGTERM`` lets what is under way finish; ``SIGKILL`` costs nothing but the time of a lease.
"""

import os
import select
import signal
import socket
import sys
import threading
import time

import psycopg2
import psycopg2.extensions

from odoo.modules.registry import Registry
from odoo.sql_db import connection_info_for

from .. import logs
from .cursor import engine_cursor
from .lane import RECOVER_S, installed, run

_logger = logs.get_logger(__name__)

CHANNEL = "integration_hub"
HEARTBEAT_S = 5.0
# A worker that was not heard of for so long is not counted on any more.
ALIVE_S = 15.0
DRAIN_S = 30.0
SWITCH_S = 0.0005


class Worker:
    """:param dbname: the database. :param lanes: names to run; all installed ones when empty."""

    def __init__(self, dbname, lanes=()):
        self.dbname = dbname
        self.wanted = set(lanes)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.stopping = threading.Event()
        self.wakeups = {}
        self.threads = []

    def run(self):
        # Between requests and database work threads hand over a thousand times a second: 5 ms, Python's
        # default, is how long one would wait for another that is computing.
        sys.setswitchinterval(SWITCH_S)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_args: self.stopping.set())
        registry = Registry(self.dbname)
        lanes = {n: cls for n, cls in installed(registry).items() if not self.wanted or n in self.wanted}
        for name, lane_class in lanes.items():
            self.wakeups[name] = threading.Event()
            thread = threading.Thread(target=self._lane, args=(lane_class, name), name=f"lane-{name}")
            thread.start()
            self.threads.append(thread)
        _logger.info("integration worker %s runs %s on %s", self.name, ", ".join(lanes), self.dbname)
        self._listen()
        for wakeup in self.wakeups.values():
            wakeup.set()
        end = time.monotonic() + DRAIN_S
        for thread in self.threads:
            thread.join(max(0.1, end - time.monotonic()))
        self._say_goodbye()
        _logger.info("integration worker %s has stopped", self.name)

    def _lane(self, lane_class, name):
        threading.current_thread().dbname = self.dbname
        wakeup = self.wakeups[name]

        def rest(seconds):
            was_woken = wakeup.wait(seconds)
            wakeup.clear()
            return was_woken

        while not self.stopping.is_set():
            registry = Registry(self.dbname)
            # Ends when the registry was replaced (a module was installed), and starts with the new one.
            lane = lane_class(registry, is_threaded=True)
            try:
                run(
                    lane,
                    lambda registry=registry: self.stopping.is_set() or Registry(self.dbname) is not registry,
                    rest,
                )
            finally:
                lane.close()

    def _listen(self):
        """Wake the lane that a notification names; beat the heart in between."""
        connection = None
        beat_at = 0.0
        while not self.stopping.is_set():
            try:
                if connection is None:
                    connection = self._connect()
                    for wakeup in self.wakeups.values():  # what was notified while nobody listened
                        wakeup.set()
                if time.monotonic() >= beat_at:
                    self._beat()
                    beat_at = time.monotonic() + HEARTBEAT_S
                select.select([connection], [], [], 0.5)
                connection.poll()
                while connection.notifies:
                    wakeup = self.wakeups.get(connection.notifies.pop(0).payload)
                    if wakeup:
                        wakeup.set()
            except (psycopg2.Error, OSError) as error:
                _logger.warning("integration worker: the database is not there: %s", error)
                connection, beat_at = None, 0.0
                self.stopping.wait(RECOVER_S)
        if connection is not None:
            connection.close()

    def _connect(self):
        _name, info = connection_info_for(self.dbname)
        connection = psycopg2.connect(**info)
        connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
        with connection.cursor() as cr:
            cr.execute("LISTEN integration_hub")  # CHANNEL; LISTEN takes no parameters
        return connection

    def _beat(self):
        """Say that this worker lives, and take note of modules or caches that changed elsewhere."""
        registry = Registry(self.dbname).check_signaling()
        with engine_cursor(registry) as cr:
            # unique index on name
            cr.execute(
                """
                INSERT INTO integration_worker (name, lanes, started_at, heartbeat_at)
                     VALUES (%s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT (name) DO UPDATE SET heartbeat_at = EXCLUDED.heartbeat_at
                """,
                [self.name, ", ".join(sorted(self.wakeups))],
            )
            cr.execute(
                "DELETE FROM integration_worker WHERE heartbeat_at < now() AT TIME ZONE 'UTC' - interval '1 day'"
            )

    def _say_goodbye(self):
        try:
            with engine_cursor(Registry(self.dbname)) as cr:
                cr.execute("DELETE FROM integration_worker WHERE name = %s", [self.name])
        except psycopg2.Error as error:
            _logger.warning("integration worker: could not sign off: %s", error)
