from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestApproval(OutboxCase):
    """Four eyes on a critical system: who configures does not approve."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anton = cls.manager()
        cls.berta = cls.user("berta.admin", "integration_core.group_manager")
        cls.mes.write({"criticality": "critical", "needs_approval": True})
        cls.subscription.unlink()
        cls.subscription = cls.subscribe().with_user(cls.anton)

    def setUp(self):
        super().setUp()
        self.configure(url=self.receiver.url + "/orders")

    def configure(self, **values):
        form = Form(self.subscription)
        for name, value in values.items():
            setattr(form, name, value)
        form.save()

    def assert_sent(self, count):
        self.event()
        self.run_lane()
        self.assertEqual(len(self.receiver.requests), count)

    def test_nothing_is_sent_until_somebody_else_approves(self):
        self.assert_sent(0)
        with self.assertRaisesRegex(UserError, "Another administrator has to approve"):
            self.subscription.action_approve()
        self.subscription.with_user(self.berta).action_approve()
        self.assertEqual(self.subscription.approved_by_id, self.berta)
        self.assert_sent(2)

    def test_another_address_needs_another_approval(self):
        self.subscription.with_user(self.berta).action_approve()
        self.configure(timeout_s=5)
        self.assertFalse(self.subscription.is_to_approve, "how long it waits decides nothing")
        self.configure(url=self.receiver.url + "/elsewhere")
        self.assertTrue(self.subscription.is_to_approve)
        self.assert_sent(0)

    def test_there_is_no_way_around(self):
        for values in ({"approved_by_id": self.anton.id}, {"configured_by_id": self.berta.id}):
            with self.assertRaises(AccessError):
                self.subscription.write(values)
        made = (
            self.env["integration.subscription"]
            .with_user(self.anton)
            .create({**self.subscription.copy_data()[0], "name": "Another", "approved_by_id": self.berta.id})
        )
        self.assertTrue(made.is_to_approve)
        for values in ({"needs_approval": False}, {"criticality": "low"}):
            with self.assertRaisesRegex(UserError, "waiting for approval by another administrator"):
                self.mes.with_user(self.anton).write(values)

    def test_it_is_optional_and_for_critical_systems(self):
        self.mes.sudo().needs_approval = False
        self.assert_sent(1)
