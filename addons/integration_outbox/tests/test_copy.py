from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.integration_core.wizards.integration_identity import KNOWN

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestCopy(OutboxCase):
    """A database that was copied sends nothing: neither by itself, nor to where the original sends."""

    def setUp(self):
        super().setUp()
        self.parameters = self.env["ir.config_parameter"]
        self.parameters.set_param("web.base.url", "https://erp.nordwind.example")
        self.parameters.search([("key", "=", KNOWN)]).unlink()
        self.run_lane()  # the first look remembers which database this is
        self.identity = self.env["integration.identity"].with_user(self.manager())

    def assert_sent(self, count):
        self.run_lane()
        self.assertEqual(len(self.receiver.requests), count)

    def moved(self, url="https://staging.nordwind.example"):
        self.parameters.set_param("web.base.url", url)
        self.event()

    def test_another_address_or_uuid_asks_before_it_sends(self):
        for key, value in (
            ("web.base.url", "https://staging.nordwind.example"),
            ("database.uuid", "3f0b6f5e-0000-4000-8000-000000000000"),
        ):
            before = self.parameters.get_param(key)
            self.parameters.set_param(key, value)
            event = self.event()
            self.assert_sent(0)
            self.assertEqual(self.delivery(event).state, "pending", "nothing is lost")
            self.assertIn("may be a copy", self.identity._notice())
            self.parameters.set_param(key, before)
            self.assertIsNone(self.identity._notice())
            self.assert_sent(1)
            self.receiver.requests.clear()

    def test_one_that_has_moved_goes_on(self):
        self.moved()
        self.assert_sent(0)
        with self.assertRaises(AccessError):
            self.identity.with_user(self.operator()).action_moved()
        self.identity.action_moved()
        self.assert_sent(1)
        entry = self.env["integration.audit.entry"].search([("action", "=", "database.moved")])
        self.assertEqual(entry.user_id, self.manager())

    def test_a_fresh_installation_gets_its_address_without_a_question(self):
        self.parameters.set_param("web.base.url", "http://localhost:8069")
        self.identity._remember()
        self.moved("https://erp.nordwind.example")
        self.assert_sent(1)

    def test_a_test_request_is_held_as_well(self):
        self.moved()
        wizard = self.env["integration.subscription.test"].create({"subscription_id": self.subscription.id})
        with self.assertRaisesRegex(UserError, "may be a copy"):
            wizard.action_send()

    def test_a_copy_is_put_into_operation_system_by_system_at_other_addresses(self):
        other = self.system("WMS Nord")
        self.moved()
        self.identity.action_copied()
        self.env.invalidate_all()
        self.assertTrue(self.mes.is_held and other.is_held)
        self.assertEqual(self.mes.environment, "test")
        self.assertFalse(self.mes._credentials("sign"), "the secrets are the original's")
        self.assertFalse(self.mes.credential_ids.sudo().filtered("sealed_secret"))
        self.assert_sent(0)
        with self.assertRaisesRegex(UserError, "is on hold because this database is a copy"):
            self.subscription._mark_active()
        self.mes.with_user(self.manager()).action_release()
        self.mes.action_new_signing_secret()
        with self.assertRaisesRegex(UserError, "is the URL of the original database"):
            self.subscription._mark_active()
        with self.assertRaisesRegex(AccessError, "cannot edit the copied URL"):
            self.subscription.with_user(self.manager()).write({"copied_url": False})
        self.assert_sent(0)
        form = Form(self.subscription.with_user(self.manager()))
        form.url = self.receiver.url + "/staging"
        form.save()
        self.subscription._mark_active(is_skipping=True)
        self.event("WH/MO/00043")
        self.assert_sent(1)
        self.assertTrue(other.is_held)
