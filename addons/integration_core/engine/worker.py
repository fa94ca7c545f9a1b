"""The long-lived worker: one process that listens and runs every lane in a thread of its own.

Any number may run, on any number of machines, beside the cron lanes: rows are claimed, so they share.
``SIGTERM`` lets what is under way finish; ``SIGKILL`` costs nothing but the time of a lease.
"""

import logging
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
from .lane import RECOVER_S, installed
from .lane_thread import LaneThread

_logger = logs.get_logger(__name__)

HEARTBEAT_S = 5.0
DRAIN_S = 30.0
SWITCH_S = 0.0005


class Worker:
    """:param dbname: the database. :param lanes: names to run; all installed ones when empty."""

    def __init__(self, dbname, lanes=()):
        self.dbname = dbname
        self.wanted = set(lanes)
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.stopping = threading.Event()
        self.lanes = {}

    def run(self):
        # Between requests and database work threads hand over a thousand times a second: 5 ms, Python's
        # default, is how long one would wait for another that is computing.
        sys.setswitchinterval(SWITCH_S)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_args: self.stopping.set())
        self._start_lanes(Registry(self.dbname))
        _logger.info("integration worker %s runs %s on %s", self.name, ", ".join(self.lanes), self.dbname)
        self._listen()
        self._end()

    def _start_lanes(self, registry):
        """Those that are not running yet: all at first, later those of a module that was installed meanwhile."""
        for name, lane_class in installed(registry).items():
            if name not in self.lanes and (not self.wanted or name in self.wanted):
                self.lanes[name] = LaneThread(self.dbname, lane_class, self.stopping).start()

    def _end(self):
        """Let every lane finish what is under way; the process ends in time whatever one of them waits for."""
        self._wake_all()
        end = time.monotonic() + DRAIN_S
        for lane in self.lanes.values():
            lane.thread.join(max(0.1, end - time.monotonic()))
        left = [name for name, lane in self.lanes.items() if lane.thread.is_alive()]
        left += [t.name for t in threading.enumerate() if not t.daemon and t is not threading.main_thread()]
        self._say_goodbye()
        if left:
            _logger.error(
                "integration worker %s ends, though %s did not finish; leases bring back what it had in hand",
                self.name,
                ", ".join(left),
            )
            logging.shutdown()
            os._exit(1)  # threads that wait for something would keep the process alive
        _logger.info("integration worker %s has stopped", self.name)

    def _wake_all(self):
        for lane in self.lanes.values():
            lane.wakeup.set()

    def _listen(self):
        """Wake the lane that a notification names; beat the heart in between."""
        connection = None
        beat_at = 0.0
        while not self.stopping.is_set():
            try:
                if connection is None:
                    connection = self._connect()
                    self._wake_all()  # what was notified while nobody listened
                if time.monotonic() >= beat_at:
                    self._beat()
                    beat_at = time.monotonic() + HEARTBEAT_S
                select.select([connection], [], [], 0.5)
                connection.poll()
                while connection.notifies:
                    lane = self.lanes.get(connection.notifies.pop(0).payload)
                    if lane:
                        lane.wakeup.set()
            except (psycopg2.Error, OSError) as error:
                _logger.warning("integration worker: the database is not there: %s", error)
                connection, beat_at = None, 0.0
                self.stopping.wait(RECOVER_S)
            except Exception:
                # The lanes go on: a worker that cannot say that it lives is worse off than one that says so later.
                _logger.exception("integration worker: its heartbeat failed, trying again")
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
        """Say that this worker lives, and which of its lanes can be counted on.

        And start a lane again whose thread has died, and take note of modules or caches that changed elsewhere.
        """
        for lane in self.lanes.values():
            lane.revive()
        problems = {name: problem for name, lane in self.lanes.items() if (problem := lane.problem())}
        registry = Registry(self.dbname).check_signaling()
        self._start_lanes(registry)
        with engine_cursor(registry) as cr:
            # unique index on name
            cr.execute(
                """
                INSERT INTO integration_worker (name, lanes, problem, started_at, heartbeat_at)
                     VALUES (%s, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
                ON CONFLICT (name) DO UPDATE
                        SET heartbeat_at = EXCLUDED.heartbeat_at, lanes = EXCLUDED.lanes, problem = EXCLUDED.problem
                """,
                [
                    self.name,
                    ", ".join(sorted(self.lanes.keys() - problems.keys())),
                    "; ".join(problems.values()) or None,
                ],
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
