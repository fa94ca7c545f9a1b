from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestSuspension(IntegrationCase):
    def test_it_is_said_twice_in_no_way(self):
        system = self.system()
        with self.assertRaisesRegex(UserError, "is not suspended"):
            system.action_resume()
        system.action_suspend()
        with self.assertRaisesRegex(UserError, "is already suspended"):
            system.action_suspend()
        self.assertIs(system.action_resume(), True, "nothing waited: nothing is asked")

    def test_who_suspended_it_stands_in_the_audit_trail(self):
        system = self.system()
        system.with_user(self.operator()).action_suspend()
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", system._name), ("res_id", "=", system.id), ("action", "=", "system.changed")],
            limit=1,
        )
        self.assertEqual((entry.user_id, "is_suspended" in entry.details), (self.operator(), True))
