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

    def test_who_may_see_it_stands_in_the_trail(self):
        for text in self.seen_by(self.manager()):
            self.assertIn("M. Okafor", text)
        entries = self.env["integration.audit.entry"].search(
            [("action", "=", "event.viewed"), ("res_id", "=", self.badge.id)]
        )
        self.assertEqual(entries.user_id, self.manager())
        self.assertEqual(len(entries), 1)

    def test_whoever_wants_it_says_why(self):
        with self.assertRaisesRegex(ValidationError, "tell of people: say why"):
            self.subscription.personal_reason = " "
        self.subscription.write({"event_patterns": "manufacturing.*", "personal_reason": False})
        with self.assertRaisesRegex(ValidationError, "tell of people: say why"):
            self.subscribe(name="Badges")

    def test_what_a_module_adds_later_waits_for_the_reason(self):
        self.env.cr.execute(
            "UPDATE integration_subscription SET personal_reason = NULL, write_date = now() WHERE id = %s",
            [self.subscription.id],
        )
        self.env.invalidate_all()
        self.receiver.requests.clear()
        self.event("GATE-4", BADGE, data=json.dumps({"reference": "GATE-4", "operator": "M. Okafor"}))
        self.run_lane()
        self.assertFalse(self.receiver.requests)
