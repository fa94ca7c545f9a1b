from odoo.tests import tagged

from .common import InboxCase


@tagged("post_install", "-at_install")
class TestSuspension(InboxCase):
    """What was accepted from a system that is stopped stays unapplied, and is not lost."""

    def send(self, name="Nordwind AG", message_id="msg_1"):
        body = self.body(name, event_id=message_id)
        self.assertEqual(self.accept(body, self.headers(body, message_id)).status, 202)
        self.env.flush_all()

    def run_and_look(self):
        self.run_lane()
        self.env.invalidate_all()
        return self.message().state, self.partner.name

    def test_suspended_messages_are_accepted_and_wait(self):
        self.send()
        self.crm.with_user(self.operator()).action_suspend()
        self.send("Nordwind SE", "msg_2")
        self.assertEqual(self.run_and_look(), ("received", "Nordwind GmbH"))
        self.assertEqual(self.crm.waiting_in_count, 2)
        self.crm._resume()
        self.assertEqual(self.run_and_look(), ("processed", "Nordwind SE"))

    def test_of_an_archived_endpoint_or_system_nothing_is_applied(self):
        self.send()
        for record in (self.endpoint, self.crm):
            with self.subTest(record._name):
                record.active = False
                self.env.flush_all()
                self.assertEqual(self.run_and_look(), ("received", "Nordwind GmbH"))
                record.active = True
        self.env.flush_all()
        self.assertEqual(self.run_and_look(), ("processed", "Nordwind AG"))

    def test_while_everything_is_suspended_nothing_is_applied(self):
        self.send()
        self.env["integration.system"]._suspend_all()
        self.assertEqual(self.run_and_look(), ("received", "Nordwind GmbH"))
        self.env["integration.system"]._resume_all()
        self.assertEqual(self.run_and_look(), ("processed", "Nordwind AG"))

    def test_from_whoever_had_a_stolen_secret_nothing_is_applied(self):
        self.send()
        self.crm.action_revoke_all()
        self.assertEqual(self.run_and_look(), ("received", "Nordwind GmbH"))

    def test_resumed_without_what_waited_it_is_stored_and_can_still_be_applied(self):
        self.send()
        self.crm.action_suspend()
        self.crm._resume(is_discarding=True)
        self.env.flush_all()
        self.assertEqual(self.run_and_look(), ("kept", "Nordwind GmbH"))
        self.assertIn("Left out", self.message().reason)
        self.assertFalse(self.endpoint.discard_until_id)
        self.message().with_user(self.operator()).action_retry()
        self.assertEqual(self.run_and_look(), ("processed", "Nordwind AG"))
