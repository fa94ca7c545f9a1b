import json

from odoo import fields
from odoo.tests import tagged

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestOwnEvents(OutboxCase):
    """The hub tells of itself as it tells of production orders."""

    def told(self, name):
        self.env.cr.flush()
        event = self.env["integration.event"].search([("type", "=", name)], order="id desc", limit=1)
        self.assertTrue(event, name)
        return json.loads(event.data)

    def test_an_incident_is_told_once(self):
        incidents = self.env["integration.incident"]
        for _seen_again in range(2):
            incidents._open("test.silent", "MES is silent", "For an hour.", "Call them.", system=self.mes)
        data = self.told("integration.incident.opened")
        self.assertEqual(
            (data["kind"], data["system"], data["severity"]), ("test.silent", self.mes.name, "major")
        )
        self.assertEqual(
            self.env["integration.event"].search_count([("type", "=", "integration.incident.opened")]), 1
        )

    def test_a_secret_that_ends_soon_is_told_by_its_fingerprint(self):
        credential = self.mes.credential_ids[:1]
        credential.expires_at = fields.Datetime.add(fields.Datetime.now(), days=10)
        self.env["integration.credential"]._cron_follow_the_clock()
        data = self.told("integration.credential.expiring")
        self.assertEqual((data["reference"], data["purpose"]), (credential.fingerprint, "sign"))
        self.assertNotIn(self.secret, json.dumps(data))

    def test_a_pause_is_told_with_its_reason(self):
        self.subscription._mark_paused("410 Gone")
        data = self.told("integration.subscription.paused")
        self.assertEqual((data["reference"], data["reason"]), (self.subscription.name, "410 Gone"))

    def test_what_an_event_says_of_a_person_is_erased_and_not_sent_any_more(self):
        self.receiver.answers = [(503, {"Retry-After": "600"}, b"Okafor is not known")]
        event = self.event(
            subject="Badge of Małgorzata Okafor",
            data=json.dumps({"reference": "WH/MO/00042", "operator": "Ma\u0142gorzata Okafor"}),
        )
        self.run_lane()
        wizard = self.env["integration.data.subject.request"].create(
            {"term": "Małgorzata Okafor", "why": "no. 4711"}
        )
        wizard.action_erase()
        self.env.invalidate_all()
        self.assertEqual((event.state, event.data), ("erased", False))
        self.assertEqual(event.subject, "Badge of •••")
        self.assertEqual(self.delivery(event).state, "cancelled")
        wizard = self.env["integration.data.subject.request"].create({"term": "Okafor", "why": "no. 4711"})
        wizard.action_erase()
        self.assertFalse(self.delivery(event).attempt_ids.response_body)

    def test_the_secret_that_signed_says_when(self):
        self.event()
        self.run_lane()
        self.env.invalidate_all()
        self.assertTrue(self.mes.credential_ids.filtered(lambda c: c.state == "active").last_used_at)
