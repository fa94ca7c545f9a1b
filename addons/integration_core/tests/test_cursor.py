from contextlib import ExitStack

from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import config

from ..engine.cursor import ConnectionPool, Statement, transaction

ADD = Statement("integration_test_add", ("int", "int"), "SELECT %s + %s")
PLANS = """
    SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE name = 'integration_test_add'
"""


@tagged("post_install", "-at_install")
class TestCursor(BaseCase):
    """Connections that are kept between requests, outside of any test's transaction."""

    def setUp(self):
        super().setUp()
        self.pool = ConnectionPool()
        self.addCleanup(self.pool.close)
        cr = Registry(get_db_name()).cursor()
        self.addCleanup(cr.close)
        self.cr = cr

    def test_a_statement_is_planned_once_for_each_connection(self):
        for n in range(3):
            with self.pool.cursor(self.cr) as apart:
                ADD.run(apart, [n, 1])
                self.assertEqual(apart.fetchone()[0], n + 1)
        with self.pool.cursor(self.cr) as apart:
            apart.execute(PLANS)
            self.assertEqual(apart.fetchone()[0], 3)
            with self.pool.cursor(self.cr) as another:
                another.execute(PLANS)
                self.assertFalse(another.rowcount)
                ADD.run(another, [2, 2])
                self.assertEqual(another.fetchone()[0], 4)

    def test_a_connection_that_ended_is_replaced_and_learns_anew(self):
        with self.pool.cursor(self.cr) as apart:
            ADD.run(apart, [1, 1])
            pid = apart.connection.info.backend_pid
        with self.assertRaises(ZeroDivisionError), self.pool.cursor(self.cr) as apart:
            self.assertEqual(apart.connection.info.backend_pid, pid)
            raise ZeroDivisionError
        with self.pool.cursor(self.cr) as apart:
            ADD.run(apart, [1, 2])
            self.assertEqual(apart.fetchone()[0], 3)

    def test_what_stands_together_is_kept_or_undone_together(self):
        with self.pool.cursor(self.cr) as apart:
            apart.execute("CREATE TEMP TABLE parcel (number int)")
            with self.assertRaises(ZeroDivisionError), transaction(apart):
                apart.execute("INSERT INTO parcel VALUES (1)")
                raise ZeroDivisionError
            with transaction(apart):
                apart.execute("INSERT INTO parcel VALUES (2)")
            apart.execute("SELECT number FROM parcel")
            self.assertEqual(apart.fetchall(), [(2,)])

    def test_what_is_kept_idle_never_fills_odoos_own_pool(self):
        """Eight for each of many databases would: a quarter of db_maxconn is the most, of all together."""
        self.patch(config, "options", config.options.new_child({"db_maxconn": 12}))
        with ExitStack() as stack:
            for _n in range(6):
                stack.enter_context(self.pool.cursor(self.cr))
        self.assertEqual(self.pool.idle_count(), 3)
        with ExitStack() as stack:
            pids = {
                stack.enter_context(self.pool.cursor(self.cr)).connection.info.backend_pid for _n in range(3)
            }
        self.assertEqual((len(pids), self.pool.idle_count()), (3, 3), "those that are kept are used again")
