import select
import time
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api, fields
from odoo.modules.registry import Registry
from odoo.sql_db import connection_info_for
from odoo.tests import BaseCase, get_db_name, tagged

from ..engine import wakeup
from ..engine.lane import installed


@tagged("post_install", "-at_install")
class TestWakeup(BaseCase):
    """Crons alone are woken as a worker is: at the commit, without a new connection, as Odoo's own would be."""

    def setUp(self):
        super().setUp()
        _name, info = connection_info_for(wakeup.CRON_DATABASE)
        self.listening = psycopg2.connect(**info)
        self.listening.autocommit = True
        self.addCleanup(self.listening.close)
        with self.listening.cursor() as cr:
            cr.execute("LISTEN cron_trigger")
        self.cr = Registry(get_db_name()).cursor()
        self.addCleanup(self.cr.close)
        self.env = api.Environment(self.cr, SUPERUSER_ID, {})
        self.addCleanup(wakeup.crons.close)
        name = next(name for name in ("outbox", "inbox") if name in self.lanes())
        self.lane, self.cron = name, self.env.ref(self.lanes()[name].cron)
        self.addCleanup(self.forget_triggers)
        self.forget_triggers()

    def lanes(self):
        return installed(Registry(get_db_name()))

    def forget_triggers(self):
        self.cr.rollback()
        self.cr.execute("DELETE FROM ir_cron_trigger WHERE cron_id = %s", [self.cron.id])
        self.cr.execute("DELETE FROM integration_worker WHERE name = 'test:1'")
        self.commit()

    def notified(self, within_s=2.0):
        """Whether the cron processes were told of this database."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            self.listening.poll()
            while self.listening.notifies:
                if self.listening.notifies.pop(0).payload == get_db_name():
                    return True
            select.select([self.listening], [], [], 0.1)
        return False

    def commit(self):
        self.cr.commit()  # pylint: disable=invalid-commit

    def triggers(self):
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.cron.id)])

    def test_a_commit_wakes_the_cron_and_a_rollback_does_not(self):
        self.env["integration.worker"]._wake(self.lane)
        self.cr.rollback()
        self.assertFalse(self.notified(0.3))
        self.assertEqual(self.triggers(), 0)
        self.env["integration.worker"]._wake(self.lane)
        self.commit()
        self.assertTrue(self.notified())
        self.assertEqual(self.triggers(), 1, "what an admin sees in Scheduled Actions")

    def test_a_connection_is_opened_once(self):
        with patch.object(wakeup.psycopg2, "connect", wraps=psycopg2.connect) as connect:
            for _n in range(3):
                self.env["integration.worker"]._wake(self.lane)
                self.commit()
            self.assertLessEqual(connect.call_count, 1)

    def test_it_is_opened_anew_when_postgresql_has_cut_it(self):
        wakeup.crons.notify(get_db_name())
        with self.listening.cursor() as cr:
            cr.execute("SELECT pg_terminate_backend(%s)", [wakeup.crons._connection.info.backend_pid])
        self.assertTrue(self.notified())
        wakeup.crons.notify(get_db_name())
        self.assertTrue(self.notified())

    def test_where_a_worker_listens_no_cron_is_called(self):
        self.cr.execute(
            "INSERT INTO integration_worker (name, lanes, heartbeat_at) VALUES ('test:1', %s, %s)",
            [self.lane, fields.Datetime.now()],
        )
        self.commit()
        self.env["integration.worker"]._wake(self.lane)
        self.commit()
        self.assertFalse(self.notified(0.3))
        self.assertEqual(self.triggers(), 0)

    def test_a_cron_that_an_admin_has_switched_off_is_left_alone(self):
        self.cron.active = False
        self.env.flush_all()
        self.env["integration.worker"]._wake(self.lane)
        self.assertEqual(self.triggers(), 0)
        self.cr.rollback()
