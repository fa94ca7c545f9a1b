import re

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import deliveries
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
        self.assertEqual([self.delivery(e).state for e in events], ["pending"] * 3)
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

    def test_pausing_and_resuming_touch_no_delivery(self):
        """However many wait: in the request, and against the lanes that work, they would be rewritten."""
        self.receiver.answers = [(500, {}, b"")]
        events = [self.event(f"WH/MO/0010{n}") for n in range(3)]
        self.run_lane()
        versions = "SELECT array_agg((id, xmin::text, state) ORDER BY id)::text FROM integration_delivery"
        self.env.cr.execute(versions)
        before = self.env.cr.fetchone()
        self.subscription.action_pause()
        self.env.flush_all()
        self.subscription._mark_active()
        self.env.flush_all()
        self.env.cr.execute(versions)
        self.assertEqual(self.env.cr.fetchone(), before)
        self.assertTrue(events)

    def test_resuming_without_what_waited_cancels_it_in_steps_in_order_or_not(self):
        self.patch(deliveries, "DISCARD_BATCH", 2)
        ordered = self.subscribe(name="In order", is_ordered=True)
        (self.subscription + ordered).action_pause()
        old = [self.event("WH/MO/00100") for _n in range(5)]
        self.run_lane()
        for subscription in (self.subscription, ordered):
            subscription._mark_active(is_skipping=True)
        self.env.flush_all()
        new = self.event("WH/MO/00100")
        for _step in range(4):
            self.env.cr.execute("SELECT pg_sleep(0)")
            self.run_lane()
        self.env.invalidate_all()
        for subscription in (self.subscription, ordered):
            states = [self.delivery(event, subscription).state for event in [*old, new]]
            self.assertEqual(states, ["cancelled"] * 5 + ["delivered"])
        self.assertFalse((self.subscription + ordered).filtered("discard_until_id"))

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

    def test_a_private_address_is_refused_in_the_form_with_where_to_allow_it(self):
        self.mes.allowed_networks = "10.20.0.0/16"
        for host, network in (
            ("127.0.0.1", "127.0.0.1/32"), ("10.21.0.5", "10.21.0.5/32"), ("[::1]", "::1/128"),
            ("localhost", "127.0.0.1/32"), ("2130706433", "127.0.0.1/32"), ("0x7f.1", "127.0.0.1/32"),
            ("0177.0.0.1", "127.0.0.1/32"), ("[::ffff:10.0.0.1]", "10.0.0.1/32"),
            ("127。0。0。1", "127.0.0.1/32"), ("１２７.0.0.1", "127.0.0.1/32"), ("169.254.169.254", "169.254.169.254/32"),
        ):  # fmt: skip
            says = f"add {network} to the Allowed Private Networks of the system MES Halle 3"
            with (
                self.subTest(host),
                self.assertRaisesRegex(ValidationError, re.escape(says)),
                self.env.cr.savepoint(),
            ):
                self.subscription.url = f"http://{host}:8080/in"
        self.subscription.url = "http://10.20.0.5/in"

    def test_a_host_in_other_letters_is_called_by_its_ascii_name(self):
        self.subscription.url = "https://größe.example/straße?plant=Süd"
        channel = self.env["integration.subscription"]._channels()[self.subscription.id]
        self.assertEqual(channel.url, "https://xn--gre-6ka8i.example/stra%C3%9Fe?plant=S%C3%BCd")
        with self.assertRaisesRegex(ValidationError, "is no host name"):
            self.subscription.url = "https://☃️..example/"

    def test_an_event_goes_to_a_host_in_other_letters(self):
        self.subscription.url = self.receiver.url.replace("127.0.0.1", "127。0。0。1")
        event = self.event()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "delivered")

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
        self.delivery(event).sudo().next_attempt_at = "2026-01-01"
        self.env.flush_all()
        self.run_lane()
        self.assertEqual((self.delivery(event).state, len(self.receiver.requests)), ("retrying", 1))

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
