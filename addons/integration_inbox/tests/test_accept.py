import json
import time
from datetime import datetime, timezone

from standardwebhooks.webhooks import Webhook

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from odoo.addons.integration_core.trust import last_use
from odoo.addons.integration_core.trust.throttle import GUESSES
from odoo.addons.integration_core.wire import standard_webhooks

from ..accept import accept
from ..verification import Request
from .common import RENAMED, InboxCase


@tagged("post_install", "-at_install")
class TestAccept(InboxCase, HttpCase):
    """The door, over real HTTP."""

    def post(self, body=None, headers=None, path=None):
        body = self.body() if body is None else body
        return self.url_open(
            path or self.path, data=body, headers=headers or self.headers(body), method="POST"
        )

    def assert_problem(self, response, status, name):
        self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(response.headers["content-type"], "application/problem+json")
        problem = response.json()
        self.assertEqual(problem["type"], f"urn:odoo-integration-hub:problem:{name}")
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["correlation_id"])
        self.assertNotIn("Traceback", response.text)
        return problem

    def test_a_message_is_kept_as_it_came_and_not_applied_in_the_request(self):
        body = self.body()
        response = self.post(body)
        self.assertEqual(
            (response.status_code, response.json()), (202, {"id": "msg_1", "status": "accepted"})
        )
        message = self.message()
        self.assertEqual(message.body.encode(), body)
        self.assertEqual((message.state, message.type, message.subject), ("received", RENAMED, "K-100"))
        self.assertEqual(message.company_id, self.company)
        self.assertEqual(self.partner.name, "Nordwind GmbH")

    def test_machines_get_no_cookie(self):
        self.opener.cookies.clear()
        self.assertNotIn("set-cookie", self.post().headers)

    def test_the_reference_library_signs_what_we_take(self):
        body = self.body()
        now = datetime.now(timezone.utc)
        headers = {
            "content-type": "application/json",
            "webhook-id": "msg_ref",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign("msg_ref", now, body.decode()),
        }
        self.assertEqual(self.post(body, headers).status_code, 202)

    def test_a_repeat_is_thanked_for_and_changes_nothing(self):
        self.post()
        response = self.post()
        self.assertEqual((response.status_code, response.json()["id"]), (200, "msg_1"))
        self.assertEqual(len(self.message()), 1)

    def test_the_same_id_with_another_body_is_a_conflict(self):
        self.post()
        self.assert_problem(self.post(self.body("Südwind GmbH")), 409, "id-used-before")
        self.assertIn("Nordwind AG", self.message().body)

    def test_ids_of_two_endpoints_are_apart(self):
        self.post()
        other = self.endpoint.copy({"name": "Other"})
        self.assertEqual(self.post(path="/integration/in/" + other.token).status_code, 202)

    def test_a_signature_is_masked_where_it_is_kept(self):
        body = self.body()
        headers = self.headers(body)
        self.accept(body, headers)
        message = self.message().with_user(self.operator())
        self.assertIn('"webhook-signature": "•••"', message.headers_pretty)
        self.assertIn(headers["webhook-id"], message.headers_pretty)
        self.env.cr.execute(
            "SELECT count(*) FROM integration_message WHERE headers LIKE %s",
            [f"%{headers['webhook-signature'][3:20]}%"],
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_so_is_one_that_an_older_version_kept(self):
        body = self.body()
        self.accept(body, self.headers(body))
        self.message().sudo().write({"headers": '{"x-hub-signature-256": "sha256=1f0c"}'})
        message = self.message().with_user(self.operator())
        self.assertNotIn("1f0c", message.headers_pretty)
        with self.assertRaises(AccessError):
            message.read(["headers"])

    def test_what_is_not_verified_is_refused_alike_and_leaves_no_trace(self):
        body = self.body()
        other = standard_webhooks.new_secret()
        cases = {
            "wrong secret": (None, self.headers(body, secret=other)),
            "no signature": (None, self.headers(body, webhook_signature=None)),
            "no id": (None, self.headers(body, webhook_id=None)),
            "another id": (None, self.headers(body, webhook_id="msg_2")),
            "too old": (None, self.headers(body, timestamp=int(time.time()) - 301)),
            "too new": (None, self.headers(body, timestamp=int(time.time()) + 302)),
            "unknown endpoint": ("/integration/in/nobody", self.headers(body)),
        }
        answers = set()
        for case, (path, headers) in cases.items():
            with self.subTest(case):
                problem = self.assert_problem(self.post(body, headers, path), 401, "not-verified")
                problem.pop("correlation_id")
                answers.add(json.dumps(problem))
        self.assertEqual(len(answers), 1, "from outside they cannot be told apart")
        self.assertFalse(self.env["integration.message"].search([("endpoint_id", "=", self.endpoint.id)]))

    def test_guessing_is_slowed_down_and_tells_nothing(self):
        body = self.body()
        wrong = self.headers(body, secret=standard_webhooks.new_secret())
        answers = {}
        for token in (self.endpoint.token, "nobody-lives-here"):
            request = Request(wrong, body, "203.0.113.66")
            statuses = [self.accept_at(token, request).status for _ in range(GUESSES.burst + 2)]
            answers[token] = statuses
            self.assertEqual(statuses, [401] * GUESSES.burst + [429] * 2)
        good = self.headers(body)
        refused = self.accept_at(self.endpoint.token, Request(good, body, "203.0.113.66"))
        self.assertEqual(refused.status, 429, "it is not even looked at: a guess could have been right")
        self.assertGreater(int(dict(refused.headers)["Retry-After"]), 0)
        self.assertEqual(self.accept_at(self.endpoint.token, Request(good, body, "10.1.2.3")).status, 202)

    def accept_at(self, token, request):
        return accept(self.env(user=SUPERUSER_ID), self.env.cr, token, request)

    def test_an_archived_endpoint_or_system_takes_nothing(self):
        for record in (self.endpoint, self.crm):
            record.active = False
            self.env.flush_all()
            self.assert_problem(self.post(), 401, "not-verified")
            record.active = True

    def test_in_a_copy_a_system_that_is_held_posts_to_an_unknown_address(self):
        self.crm.is_held = True
        self.assert_problem(self.post(), 401, "not-verified")
        self.crm.with_user(self.manager()).action_release()
        self.assertEqual(self.post().status_code, 202)

    def test_the_secret_that_was_used_says_when(self):
        last_use.forget()
        self.addCleanup(last_use.forget)
        retiring = self.crm.credential_ids
        self.crm.action_new_verification_secret()
        self.assertEqual(self.post().status_code, 202)
        self.env.invalidate_all()
        self.assertTrue(retiring.last_used_at)
        self.assertFalse((self.crm.credential_ids - retiring).last_used_at)

    def test_a_retiring_secret_still_fits_and_a_revoked_one_does_not(self):
        self.crm.action_new_verification_secret()
        self.assertEqual(self.post().status_code, 202)
        self.crm.credential_ids.filtered(lambda c: c.state == "retiring").action_revoke()
        body = self.body()
        self.assert_problem(self.post(body, self.headers(body, "msg_2")), 401, "not-verified")

    def test_what_is_no_event_is_explained(self):
        for body, name in (
            (b"", "not-json"),
            (b"{", "not-json"),
            (b"\xff\xfe", "not-json"),
            (b'{"a": NaN}', "not-json"),
            (b"[" * 100000, "not-json"),
            (b'{"a": "\\ud800"}', "not-json"),
            (b'{"a": "\\u0000"}', "not-json"),
            (b"[]", "not-a-cloudevent"),
            (self.body(specversion="0.3"), "not-a-cloudevent"),
            (self.body(event_id=""), "not-a-cloudevent"),
            (self.body(time="noon"), "not-a-cloudevent"),
            (self.body(sequence="minus one"), "not-a-cloudevent"),
        ):
            with self.subTest(body[:30]):
                self.assert_problem(self.post(body), 400, name)
        self.assertFalse(self.message())

    def test_another_media_type_is_refused(self):
        for content_type in ("text/xml", "application/x-www-form-urlencoded", "text/plain", None):
            body = self.body()
            with self.subTest(content_type):
                response = self.post(body, self.headers(body, content_type=content_type or ""))
                self.assert_problem(response, 415, "unsupported-media-type")

    def test_a_body_beyond_the_bound_is_refused(self):
        self.endpoint.max_body_kb = 1
        self.assert_problem(self.post(self.body("x" * 1100)), 413, "body-too-large")

    def test_a_type_that_is_not_accepted_here_is_refused(self):
        self.assert_problem(self.post(self.body(kind="sales.order.placed")), 422, "event-type-not-accepted")

    def test_an_unknown_type_follows_the_endpoints_policy(self):
        body = self.body(kind="test.unheard.of")
        self.assert_problem(self.post(body), 422, "unknown-event-type")
        self.endpoint.unknown_policy = "quarantine"
        self.assertEqual(self.post(body).json()["status"], "quarantined")
        self.assertIn("No installed module knows test.unheard.of v1", self.message().reason)

    def test_data_of_the_wrong_shape_is_put_aside_with_where_and_why(self):
        body = self.body(data={"partner": "K-100", "name": ["x"]})
        response = self.post(body)
        self.assertEqual((response.status_code, response.json()["status"]), (202, "quarantined"))
        self.assertEqual(
            (self.message().state, self.message().reason),
            ("quarantined", "name: Input should be a valid string"),
        )
