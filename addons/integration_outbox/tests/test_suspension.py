from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestSuspension(OutboxCase):
    """Suspended, a system gets nothing from the next claim on, and nothing is lost."""

    def test_a_suspended_system_gets_nothing_until_it_is_resumed(self):
        other = self.system("WMS Nord", allowed_networks="127.0.0.0/8")
        other.action_new_signing_secret()
        well = self.subscribe(name="Well", system_id=other.id)
        self.mes.with_user(self.operator()).action_suspend()
        event = self.event()
        self.run_lane()
        self.assertEqual(
            (self.delivery(event).state, self.delivery(event, well).state), ("pending", "delivered")
        )
        self.mes._resume()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "delivered")

    def test_resuming_asks_what_to_do_with_what_waited(self):
        self.mes.action_suspend()
        old = self.event("WH/MO/00100")
        self.run_lane()
        self.env.invalidate_all()
        self.assertEqual(self.mes.waiting_out_count, 1)
        action = self.mes.with_user(self.operator()).action_resume()
        question = self.env[action["res_model"]].with_user(self.operator()).with_context(**action["context"])
        question.create({"choice": "discard"}).action_resume()
        new = self.event("WH/MO/00101")
        self.run_lane()
        self.run_lane()
        self.assertEqual((self.delivery(old).state, self.delivery(new).state), ("cancelled", "delivered"))
        self.assertEqual(self.delivery(old).reason, "Discarded when its subscription was resumed")

    def test_one_button_stops_everything(self):
        stop = (
            self.env["integration.emergency.stop"].with_user(self.operator()).create({"reason": "Wrong lots"})
        )
        stop.action_suspend()
        event = self.event()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "pending")
        entry = self.env["integration.audit.entry"].search([("action", "=", "system.all_suspended")])
        self.assertEqual((entry.user_id, "Wrong lots" in entry.details), (self.operator(), True))
        stop.action_resume()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "delivered")

    def test_who_only_looks_cannot_stop_it(self):
        looker = self.user("lena.looker", "integration_core.group_user")
        with self.assertRaises(AccessError):
            self.mes.with_user(looker).action_suspend()
        with self.assertRaises(AccessError):
            self.env["integration.system"].with_user(looker)._check_operator()

    def test_all_secrets_revoked_suspends(self):
        self.mes.action_revoke_all()
        self.assertTrue(self.mes.is_suspended)
