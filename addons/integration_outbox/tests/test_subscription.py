from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestSubscription(OutboxCase):
    def test_bad_configuration_is_refused_with_the_field_and_the_reason(self):
        for field, value, says in (
            ("url", "mes.example.com/hook", "URL: The address has to start with https://"),
            ("url", "https://user:secret@mes.example.com/", "URL: .*use a credential"),
            ("event_patterns", "manufacturing*", "Patterns: 'manufacturing\\*' is not an event type"),
            ("event_patterns", " ", "Patterns: enter at least one"),
        ):
            with self.assertRaisesRegex(ValidationError, says):
                self.subscription[field] = value

    def test_a_paused_subscription_keeps_what_waits_and_counts_it(self):
        self.subscription.action_pause()
        events = [self.event(f"WH/MO/0010{n}") for n in range(3)]
        self.run_lane()
        self.assertEqual([self.delivery(e).state for e in events], ["paused"] * 3)
        self.assertEqual(self.subscription.waiting_count, 3)
        self.resume("send")
        self.run_lane()
        self.assertEqual([self.delivery(e).state for e in events], ["delivered"] * 3)
        self.assertEqual(len(self.receiver.requests), 3)

    def resume(self, choice):
        """As the form does: the button asks, the answer resumes."""
        action = self.subscription.action_resume()
        self.assertEqual(action["res_model"], "integration.subscription.resume")
        question = self.env[action["res_model"]].with_context(**action["context"]).create({"choice": choice})
        question.action_resume()

    def test_resuming_may_skip_to_now(self):
        self.subscription.action_pause()
        old = self.event("WH/MO/00100")
        self.run_lane()
        self.resume("skip")
        new = self.event("WH/MO/00101")
        self.run_lane()
        self.assertEqual((self.delivery(old).state, self.delivery(new).state), ("cancelled", "delivered"))
        self.assertEqual(len(self.receiver.requests), 1)

    def test_what_was_handed_out_while_somebody_resumed_is_not_forgotten(self):
        event = self.event()
        self.env["integration.delivery"].create(
            {"event_id": event.id, "subscription_id": self.subscription.id, "state": "paused"}
        )
        self.env.flush_all()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "delivered")

    def test_one_whose_settings_cannot_be_read_stops_no_other(self):
        broken = self.subscribe(name="Broken")
        self.env.cr.execute(
            "UPDATE integration_subscription SET filter_expression = 'data.(' WHERE id = %s", [broken.id]
        )
        self.env.invalidate_all()
        event = self.event()
        with mute_logger("odoo.addons.integration_outbox.models.integration_subscription"):
            self.run_lane()
        self.assertEqual(
            (self.delivery(event).state, self.delivery(event, broken).state), ("delivered", "pending")
        )

    def test_resuming_with_nothing_waiting_asks_nothing(self):
        self.subscription.action_pause()
        self.assertIs(self.subscription.action_resume(), True)
        self.assertEqual(self.subscription.state, "active")

    def test_an_operator_pauses_and_resumes_and_changes_nothing_else(self):
        subscription = self.subscription.with_user(self.operator())
        subscription.action_pause()
        self.event()
        self.run_lane()
        action = subscription.action_resume()
        question = self.env[action["res_model"]].with_user(self.operator())
        question.with_context(**action["context"]).create({"choice": "send"}).action_resume()
        self.assertEqual(self.subscription.state, "active")
        with self.assertRaises(AccessError):
            subscription.url = "https://elsewhere.example.com/"
        with self.assertRaises(AccessError):
            subscription.with_user(self.user("uma.user", "integration_core.group_user")).action_pause()

    def test_pausing_stops_what_is_retried(self):
        self.receiver.answers = [(500, {}, b"")]
        event = self.event()
        self.run_lane()
        self.subscription.action_pause()
        self.assertEqual(self.delivery(event).state, "paused")

    def test_a_secret_that_is_sealed_here_is_said_and_stops_only_its_system(self):
        other = self.system("Other", allowed_networks="127.0.0.0/8")
        other.action_new_signing_secret()
        well = self.subscribe(name="Well", system_id=other.id)
        self.mes.credential_ids.sudo().sealed_secret = "s1.k77.AAAA"
        self.subscription.invalidate_recordset()
        self.assertEqual(self.subscription.secret_problem, "sealed: key k77 is not available on this server")
        event = self.event()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "pending")
        self.assertEqual(self.delivery(event, well).state, "delivered")

    def test_a_system_with_subscriptions_shows_its_traffic(self):
        self.event()
        self.run_lane()
        self.assertEqual(self.mes.delivery_count, 1)
        self.assertEqual(self.mes.recent_delivery_ids.subscription_id, self.subscription)
