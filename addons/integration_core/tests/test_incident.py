from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestIncident(IntegrationCase):
    def open(self, **options):
        return self.env["integration.incident"]._open(
            "test.silent",
            "MES Halle 3 is silent",
            "Nothing came for an hour.",
            "Call the shift lead.",
            **options,
        )

    def test_the_same_again_is_one_incident(self):
        first = self.open(key="mes-3")
        self.assertEqual(self.open(key="mes-3"), first)
        self.assertEqual(first.times, 2)
        self.assertNotEqual(self.open(key="mes-4"), first)

    def test_what_comes_after_it_was_resolved_is_a_new_one(self):
        first = self.open()
        first.with_user(self.operator()).action_resolve()
        self.assertEqual((first.state, first.user_id), ("resolved", self.operator()))
        self.assertNotEqual(self.open(), first)

    def test_it_closes_by_itself_when_its_reason_is_gone(self):
        incident = self.open()
        self.env["integration.incident"]._close("test.silent")
        self.assertEqual(incident.state, "resolved")

    def test_users_look_and_operators_take_care(self):
        incident = self.open()
        reader = self.user("uma.user", "integration_core.group_user")
        self.assertEqual(incident.with_user(reader).name, "MES Halle 3 is silent")
        with self.assertRaises(AccessError):
            incident.with_user(reader).action_acknowledge()
        incident.with_user(self.operator()).action_acknowledge()
        self.assertEqual(incident.state, "acknowledged")
