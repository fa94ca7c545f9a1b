from odoo.tests import HttpCase, tagged

from ..accept import refusals
from ..refusal import Refused
from .common import InboxCase


@tagged("post_install", "-at_install")
class TestRefusals(InboxCase, HttpCase):
    """Refused requests, as the operators of an endpoint see them."""

    def setUp(self):
        super().setUp()
        refusals.WRITES.forget()

    def send(self, body, headers, path=None):
        return self.url_open(path or self.path, data=body, headers=headers, method="POST")

    def listed(self):
        self.endpoint.invalidate_recordset()
        return self.endpoint.refusal_ids

    def test_a_refused_request_is_listed_with_reason_address_and_time(self):
        body = self.body()
        forged = self.headers(body, webhook_signature="v1,bm90IHRoZSBzaWduYXR1cmU=")
        self.assertEqual(self.send(body, forged).status_code, 401)
        refusal = self.listed()
        self.assertEqual((refusal.http_status, refusal.name), (401, "not-verified"))
        self.assertIn("signature", refusal.reason.lower())
        self.assertEqual(refusal.remote_addr, "127.0.0.1")
        self.assertTrue(refusal.refused_at)

    def test_the_reasons_of_400_and_422_are_those_that_the_sender_got(self):
        garbled = b"{not json"
        refused = [self.send(garbled, self.headers(garbled))]
        unknown = self.body(kind="test.nobody.knows")
        refused.append(self.send(unknown, self.headers(unknown, message_id="msg_2")))
        self.assertEqual([r.status_code for r in refused], [400, 422])
        told = [r.json()["detail"] for r in reversed(refused)]
        self.assertEqual(self.listed().mapped("reason"), told)

    def test_what_is_accepted_is_not_listed(self):
        body = self.body()
        self.assertEqual(self.send(body, self.headers(body)).status_code, 202)
        self.assertFalse(self.listed())

    def test_a_refusal_at_an_unknown_url_writes_nothing(self):
        count = self.env["integration.endpoint.refusal"].search_count([])
        self.assertEqual(self.send(b"{}", {}, "/integration/in/unknown").status_code, 401)
        self.assertEqual(self.env["integration.endpoint.refusal"].search_count([]), count)


@tagged("post_install", "-at_install")
class TestBounds(InboxCase):
    def setUp(self):
        super().setUp()
        refusals.WRITES.forget()

    def listed(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.endpoint.refusal_ids

    def refuse(self, reason="Nothing"):
        refused = Refused(400, "not-json", "Not JSON", reason)
        return refusals.store(self.env.cr, self.endpoint.id, refused, "203.0.113.9")

    def test_only_some_are_written_when_many_come_at_once(self):
        written = [self.refuse() for _ in range(100)]
        self.assertEqual(sum(written), refusals.WRITES.burst)

    def test_only_the_last_of_an_endpoint_are_stored(self):
        for number in range(refusals.MOST + 5):
            refusals.WRITES.forget()
            self.refuse(f"Number {number}")
        self.assertEqual(len(self.listed()), refusals.MOST)
        self.assertEqual(self.listed()[:1].reason, f"Number {refusals.MOST + 4}")

    def test_a_reason_may_have_any_characters_and_length(self):
        self.refuse("\x00" + "é" * 5000)
        self.assertEqual(len(self.listed().reason), refusals.LONGEST_REASON)

    def test_they_are_deleted_after_thirty_days(self):
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda _me, _gone: 60)
        self.refuse("Old")
        self.refuse("New")
        self.env.cr.execute(
            "UPDATE integration_endpoint_refusal SET refused_at = refused_at - interval '31 days' WHERE reason = 'Old'"
        )
        self.env["integration.message"]._cron_retention()
        self.assertEqual(self.listed().mapped("reason"), ["New"])
