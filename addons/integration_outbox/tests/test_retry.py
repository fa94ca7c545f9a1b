from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestRetry(OutboxCase):
    """The operator's buttons."""

    def dead(self):
        self.receiver.answers = [(400, {}, b"no")]
        event = self.event()
        self.run_lane()
        return self.delivery(event)

    def test_an_operator_sends_a_dead_letter_again(self):
        delivery = self.dead()
        delivery.with_user(self.operator()).action_retry()
        self.assertEqual((delivery.state, delivery.failure_count), ("pending", 0))
        self.run_lane()
        self.assertEqual((delivery.state, delivery.attempt_count), ("delivered", 2))

    def test_a_user_may_look_but_not_retry(self):
        delivery = self.dead().with_user(self.user("uma.user", "integration_core.group_user"))
        self.assertEqual(delivery.reason, "HTTP 400")
        with self.assertRaises(AccessError):
            delivery.action_retry()

    def test_what_was_delivered_is_not_sent_again_by_the_retry_button(self):
        event = self.event()
        self.run_lane()
        with self.assertRaisesRegex(UserError, "is Delivered and cannot become Pending"):
            self.delivery(event).with_user(self.operator()).action_retry()

    def test_a_cancelled_delivery_is_not_sent(self):
        self.subscription.action_pause()
        event = self.event()
        self.run_lane()
        self.delivery(event).action_cancel()
        self.subscription.action_resume()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "cancelled")
        self.assertFalse(self.receiver.requests)

    def test_nobody_edits_history(self):
        delivery = self.dead()
        for record in (delivery, delivery.event_id, delivery.attempt_ids):
            for user in (self.operator(), self.env.ref("base.user_admin")):
                with self.assertRaises(AccessError):
                    record.with_user(user).write({"reason": "nothing happened"})
                with self.assertRaises(AccessError):
                    record.with_user(user).unlink()

    def test_an_event_that_could_not_be_built_says_so_and_waits(self):
        event = self.event(error="AttributeError: x", data=False)
        self.run_lane()
        self.assertEqual(event.state, "unbuilt")
        self.assertFalse(self.delivery(event))
