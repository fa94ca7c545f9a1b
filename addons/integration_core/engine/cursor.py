"""Database access of the engine."""

from contextlib import contextmanager

from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.sql_db import Cursor


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
