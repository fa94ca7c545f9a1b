from pathlib import Path
from runpy import run_path

from odoo.modules.module import get_module_path
from odoo.tests import tagged

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestMigrations(OutboxCase):
    """What an earlier version stored is as this one expects it."""

    def migrate(self, script, version="19.0.5.0.0"):
        self.env.flush_all()
        path = Path(get_module_path("integration_outbox"), "migrations", version, script)
        run_path(str(path))["migrate"](self.env.cr, "19.0.4.0.0")
        self.env.invalidate_all()

    def test_what_a_message_led_to_stays_an_echo(self):
        caused, own = self.event(origin_system_id=self.mes.id), self.event()
        self.assertIn(caused, self.told(self.subscription), "not marked yet")
        again = self.event(origin_system_id=self.mes.id)
        self.migrate("post-echo.py")
        self.assertEqual((caused.is_echo, own.is_echo), (True, False))
        self.assertNotIn(again, self.told(self.subscription))

    def test_the_word_false_is_nothing_again(self):
        event = self.event(traceparent="false", causation_id="false", correlation_id="c-1")
        sound = self.event(traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        self.migrate("post-echo.py")
        self.env.cr.execute(
            "SELECT traceparent, causation_id, correlation_id FROM integration_event WHERE id = %s",
            [event.id],
        )
        self.assertEqual(self.env.cr.fetchone(), (None, None, "c-1"))
        self.assertTrue(sound.traceparent)

    def test_events_of_every_company_are_seen(self):
        rule = self.env.ref("integration_outbox.rule_event_company")
        rule.domain_force = "[('company_id', 'in', company_ids)]"
        shared = self.event(company_id=False)
        self.migrate("post-echo.py")
        self.env.registry.clear_cache()
        self.assertTrue(
            self.env["integration.event"].with_user(self.operator()).search([("id", "=", shared.id)])
        )
