"""Database access of the engine."""

import os
import re
import threading
from collections import OrderedDict
from contextlib import contextmanager, suppress

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED
from psycopg2.pool import PoolError

from odoo.modules.registry import Registry
from odoo.sql_db import Cursor
from odoo.tools import config


def open_cursor(registry):
    """A cursor that reads what is committed now.

    Odoo's cursors run REPEATABLE READ, under which ``FOR UPDATE SKIP LOCKED`` still raises
    serialization failures for rows that another worker has just changed.
    """
    cr = registry.cursor()
    if isinstance(cr, Cursor):  # a test's cursor lives in a transaction that has begun
        cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
    return cr


@contextmanager
def engine_cursor(registry):
    """``open_cursor`` for one transaction: commits at the end, rolls back when something is raised."""
    with open_cursor(registry) as cr:
        yield cr


# Every statement of the engine goes by an index for a few rows. On tables that fill and empty within
# seconds statistics lag behind, and the planner would now and then read a whole table for each batch.
# What has no index to go by is then costed so high that it would be compiled first: no JIT either.
BY_INDEX = """
    SET enable_seqscan TO off;
    SET enable_hashjoin TO off;
    SET enable_mergejoin TO off;
    SET jit TO off
"""


class Sessions:
    """Connections that a lane keeps, one for each of its threads.

    Taking one from Odoo's pool costs several round trips, more than a small transaction of the engine.

    :param is_durable: whether a commit waits until it is on disk. What only says that work was begun, or
        that it can be done again, need not: after a crash of PostgreSQL it is done again.
    """

    def __init__(self, registry, is_durable=True):
        self.registry = registry
        self.is_durable = is_durable
        self._local = threading.local()
        self._open = []

    @contextmanager
    def transaction(self):
        """A cursor for one transaction: commits at the end, rolls back when something is raised."""
        cr = self._cursor()
        try:
            yield cr
            cr.commit()  # pylint: disable=invalid-commit
        except BaseException:
            self._drop(cr)
            raise
        if not isinstance(cr, Cursor):
            self._drop(cr)  # a test's cursor locks the others out until it is closed

    def _cursor(self):
        cr = getattr(self._local, "cr", None)
        if cr is None or cr.closed:
            cr = open_cursor(self.registry)
            if isinstance(cr, Cursor):
                cr.execute(BY_INDEX)
                if not self.is_durable:
                    cr.execute("SET synchronous_commit TO off")
                cr.commit()  # pylint: disable=invalid-commit
            self._local.cr = cr
            self._open.append(cr)
        return cr

    def _drop(self, cr):
        self._local.cr = None
        self._open.remove(cr)
        cr.close()

    def close(self):
        """Give every connection back. Odoo's pool resets their settings when it lends them again."""
        for cr in self._open:
            cr.close()
        self._open.clear()
        self._local = threading.local()


class ConnectionPool:
    """Connections that are kept between requests, one for each that runs at once.

    Odoo's pool makes a connection forget everything before it lends it again, the plans of foreign keys
    with it: to make them anew costs a small statement more than its own work. And what is one statement
    needs no round trips around it: these commit each by itself, unless they stand in a :func:`transaction`.

    :cvar MAX_IDLE: connections that are kept for one database. Of all databases together no more than a
        quarter of what Odoo's own pool may open (``db_maxconn``): what is kept idle is missing there.
    """

    MAX_IDLE = 8

    def __init__(self):
        self._idle = OrderedDict()  # {database: [cursor, …]}, the one that was used last at the end
        self._pid = None
        self._lock = threading.Lock()

    @property
    def max_total(self):
        """How many may be kept idle, of all databases."""
        return max(1, min(config["db_maxconn"] // 4, 4 * self.MAX_IDLE))

    def idle_count(self):
        return sum(map(len, self._idle.values()))

    @contextmanager
    def cursor(self, cr):
        """A cursor apart from ``cr``, in its database. In a test ``cr`` itself: its transaction is the world."""
        if not isinstance(cr, Cursor):
            yield cr
            return
        apart = self._take(cr.dbname)
        try:
            yield apart
        except BaseException:
            apart.close()
            raise
        self._give_back(cr.dbname, apart)

    def _take(self, dbname):
        with self._lock:
            if self._pid != os.getpid():  # a fork shares its parent's sockets, and must not use them
                self._idle, self._pid = OrderedDict(), os.getpid()
            idle = self._idle.get(dbname, ())
            while idle:
                apart = idle.pop()
                if not apart.closed and not apart.connection.closed:
                    return apart
        apart = self._open(dbname)
        apart.connection.autocommit = True  # Odoo's next cursor on it sets its own isolation level
        return apart

    def _open(self, dbname):
        try:
            return Registry(dbname).cursor()
        except PoolError:
            if not self.close():
                raise
            return Registry(dbname).cursor()  # what was kept idle was what was missing

    def _give_back(self, dbname, apart):
        with self._lock:
            idle = self._idle.setdefault(dbname, [])
            self._idle.move_to_end(dbname)
            idle.append(apart)
            surplus = [idle.pop(0)] if len(idle) > self.MAX_IDLE else []
            while self.idle_count() > self.max_total:
                # The database that was used least lately has to do without first.
                oldest = next(name for name, kept in self._idle.items() if kept)
                surplus.append(self._idle[oldest].pop(0))
        for one in surplus:
            one.close()

    def close(self):
        """Close what is idle. :return: how many."""
        with self._lock:
            idle = [one for kept in self._idle.values() for one in kept]
            self._idle.clear()
        for one in idle:
            one.close()
        return len(idle)


pool = ConnectionPool()


@contextmanager
def transaction(cr):
    """One transaction on a cursor of :class:`ConnectionPool`; undone when something is raised."""
    if not cr.connection.autocommit:  # it is in a transaction already: a test's
        with cr.savepoint(flush=False):
            yield
        return
    cr.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
    try:
        yield
        cr.execute("COMMIT")
    except BaseException:
        with suppress(psycopg2.Error):  # the connection may be what failed
            cr.execute("ROLLBACK")
        raise


class Statement:
    """One that runs often on cursors of :class:`ConnectionPool`: each connection parses and plans it once.

    :param name: like no other statement's. :param sql: with ``%s`` for values.
    :param types: of the values, in PostgreSQL's words.
    """

    def __init__(self, name, types, sql):
        numbers = iter(range(1, len(types) + 1))
        numbered = re.sub("%s", lambda _: f"${next(numbers)}", sql)
        self.name, self.sql = name, sql
        self._prepare = f"PREPARE {name} ({', '.join(types)}) AS {numbered}"
        self._execute = f"EXECUTE {name} ({', '.join(['%s'] * len(types))})"

    def run(self, cr, values):
        if not cr.connection.autocommit:  # a test's: it goes back to Odoo's pool, with all that it learned
            cr.execute(self.sql, values)
            return
        if self.name not in cr.cache:
            cr.execute(self._prepare)
            cr.cache[self.name] = True
        cr.execute(self._execute, values)
