import json

from pydantic import Field

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.canonical import Canonical

from .common import OutboxCase

BADGE = "test.badge.read"


class BadgeRead(Canonical):
    reference: str
    operator: str = Field(json_schema_extra={"data_class": "personal"})


@tagged("post_install", "-at_install")
class TestClassified(OutboxCase):
    """Events that tell of people: masked for most, noted for the rest, sent where there is a reason."""

    def setUp(self):
        super().setUp()
        self.subscription.personal_reason = "Access control, works agreement of 2024-03"
        declaration = declare.EventDeclaration(
            BADGE, 1, BadgeRead, BadgeRead, "res.partner", (), "integration_outbox", "reference"
        )
        declare.EVENTS[BADGE, 1] = declaration
        self.addCleanup(declare.EVENTS.pop, (BADGE, 1))
        data = json.dumps({"reference": "GATE-3", "operator": "M. Okafor"})
        self.badge = self.event("GATE-3", BADGE, data=data)
        # The catalog does not know this type; the preview would find no example of it.
        self.patch(type(self.subscription), "_latest_event", lambda s: self.badge.with_env(s.env))
        self.run_lane()

    def seen_by(self, user):
        self.env.invalidate_all()
        delivery = self.delivery(self.badge).with_user(user)
        return [
            self.badge.with_user(user).data_pretty,
            delivery.body,
            delivery.attempt_ids.request_body,
            self.subscription.with_user(user).preview,
        ]

    def test_it_is_sent_as_it_is_and_masked_on_every_screen(self):
        ((_headers, body),) = self.receiver.requests
        self.assertIn(b"M. Okafor", body)
        for text in self.seen_by(self.operator()):
            self.assertNotIn("Okafor", text)
            self.assertIn("GATE-3", text)
        with self.assertRaises(AccessError):
            self.badge.with_user(self.operator()).read(["data"])

    def test_a_mapped_body_is_masked_as_a_whole(self):
        self.subscription.write({"body_mode": "mapped", "mapping_expression": '{"wer": data.operator}'})
        for text in self.seen_by(self.operator())[1:]:
            self.assertNotIn("Okafor", text)

    def answered(self, status, headers, body):
        """A further event that the partner answers so: its attempt, as an operator sees it."""
        self.receiver.answers.append((status, headers, body))
        data = json.dumps({"reference": "GATE-5", "operator": "M. Okafor"})
        badge = self.event("GATE-5", BADGE, data=data)
        self.run_lane()
        self.env.invalidate_all()
        return self.delivery(badge).with_user(self.operator()).attempt_ids

    def test_a_partner_that_quotes_it_is_masked_likewise(self):
        answer = {"error": "no badge of M. Okafor", "at": "GATE-5", "you_sent": {"operator": "M. Okafor"}}
        headers = {"x-seen": "M. Okafor", "retry-after": "60"}
        attempt = self.answered(503, headers, json.dumps(answer).encode())
        self.assertNotIn("Okafor", attempt.response_body_text)
        self.assertIn("no badge of •••", attempt.response_body_text)
        self.assertIn("GATE-5", attempt.response_body_text)
        self.assertIn("x-seen: •••", attempt.response_headers_text)
        self.assertIn("retry-after: 60", attempt.response_headers_text)
        as_manager = attempt.with_user(self.manager())
        self.assertIn("M. Okafor", as_manager.response_body_text)
        self.assertIn("x-seen: M. Okafor", as_manager.response_headers_text)
        self.assertTrue(
            self.env["integration.audit.entry"].search(
                [("action", "=", "event.viewed"), ("user_id", "=", self.manager().id)]
            )
        )

    def test_a_quotation_that_is_no_json_is_masked_whole(self):
        attempt = self.answered(422, {}, b"<p>M. Okafor is unknown</p>")
        self.assertEqual(attempt.response_body_text, "•••")

    def test_a_quotation_is_not_read_past_the_mask(self):
        attempt = self.answered(422, {}, b"M. Okafor is unknown")
        attempt.env.user.sudo().group_ids += self.env.ref("base.group_allow_export")
        for field in ("response_body", "response_headers"):
            with self.assertRaises(AccessError):
                attempt.read([field])
            with self.assertRaises(AccessError):
                attempt.search([(field, "like", "Okafor")])
            with self.assertRaises(AccessError):
                attempt.export_data([field])

    def test_the_reason_of_a_delivery_quotes_nothing_of_it(self):
        attempt = self.answered(302, {"location": "https://badges.example/M.%20Okafor"}, b"")
        self.assertIn("a redirect to •••", attempt.delivery_id.reason)
        self.assertNotIn("Okafor", attempt.reason + attempt.delivery_id.reason)

    def test_what_tells_of_nobody_is_shown_as_it_came(self):
        self.receiver.answers.append((422, {"x-seen": "WH/MO/00042"}, b"no such order"))
        order = self.event()
        self.run_lane()
        attempt = self.delivery(order).with_user(self.operator()).attempt_ids
        self.assertEqual(attempt.response_body_text, "no such order")
        self.assertIn("x-seen: WH/MO/00042", attempt.response_headers_text)

    def test_who_may_see_it_stands_in_the_trail(self):
        for text in self.seen_by(self.manager()):
            self.assertIn("M. Okafor", text)
        entries = self.env["integration.audit.entry"].search(
            [("action", "=", "event.viewed"), ("res_id", "=", self.badge.id)]
        )
        self.assertEqual(entries.user_id, self.manager())
        self.assertEqual(len(entries), 1)

    def test_whoever_wants_it_says_why(self):
        with self.assertRaisesRegex(
            ValidationError, "contain personal data: .*test.badge.read.*Enter the purpose"
        ):
            self.subscription.personal_reason = " "
        self.subscription.write({"event_patterns": "manufacturing.*", "personal_reason": False})
        with self.assertRaisesRegex(
            ValidationError, "contain personal data: .*test.badge.read.*Enter the purpose"
        ):
            self.subscribe(name="Badges")

    def module_adds_it_later(self):
        """The subscription as it is when the module comes after it: nobody was asked."""
        self.env.cr.execute(
            "UPDATE integration_subscription SET personal_reason = NULL, write_date = now() WHERE id = %s",
            [self.subscription.id],
        )
        self.env.invalidate_all()
        self.receiver.requests.clear()

    def read_badge(self, reference="GATE-4"):
        return self.event(
            reference, BADGE, data=json.dumps({"reference": reference, "operator": "M. Okafor"})
        )

    def test_what_a_module_adds_later_waits_for_the_reason(self):
        self.module_adds_it_later()
        self.read_badge()
        self.run_lane()
        self.assertFalse(self.receiver.requests)

    def test_a_type_that_a_module_adds_later_is_left_out_and_the_rest_goes_on(self):
        self.module_adds_it_later()
        badge, order = self.read_badge(), self.event("WH/MO/00042")
        self.run_lane()
        self.assertEqual(self.delivery(order).state, "delivered")
        self.assertFalse(self.delivery(badge))
        self.assertIn(BADGE, self.subscription.withheld_types)
        self.subscription.timeout_s = 3  # the form saves, nobody is forced to decide

    def test_once_it_is_decided_new_ones_go_and_old_ones_can_be_replayed(self):
        self.module_adds_it_later()
        old = self.read_badge()
        self.run_lane()
        self.subscription.personal_reason = "Access control"
        self.assertFalse(self.subscription.withheld_types)
        self.assertIn("Use Replay to deliver earlier events", self.subscription.message_ids[:1].body)
        new = self.read_badge("GATE-5")
        self.run_lane()
        self.assertEqual(
            (self.delivery(new).state, self.delivery(old)), ("delivered", self.delivery(old).browse())
        )
        self.replay(old)
        self.assertEqual(self.delivery(old).state, "delivered")

    def test_a_replay_leaves_it_out_too(self):
        self.module_adds_it_later()
        old = self.read_badge()
        self.run_lane()
        self.replay(old + self.badge)
        self.replay(self.delivery(self.badge))
        self.assertFalse(self.receiver.requests)
        self.assertFalse(self.delivery(old))

    def replay(self, records):
        action = records.with_user(self.operator()).action_replay()
        replay = self.env["integration.replay"].browse(action["res_id"])
        replay.action_start()
        replay.started_at = "2026-11-21 05:00:00"
        self.env.flush_all()
        self.run_lane()
        self.assertEqual(replay.state, "done")

    def test_one_that_waited_already_is_not_sent_without_the_reason(self):
        self.subscription.hold_until = "2030-01-01"
        badge = self.read_badge()
        self.run_lane()
        self.module_adds_it_later()
        self.subscription.hold_until = False
        self.run_lane()
        self.assertFalse(self.receiver.requests)
        self.assertEqual(self.delivery(badge).state, "dead")
        self.assertIn("enter the purpose", self.delivery(badge).reason)
