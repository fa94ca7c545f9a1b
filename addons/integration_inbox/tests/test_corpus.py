"""Bad requests over real HTTP: each is answered as it stands in the corpus, and changes nothing."""

import http.client
import json
import time

from odoo.tests import HttpCase, tagged
from odoo.tests.common import HOST, TEST_CURSOR_COOKIE_NAME

from odoo.addons.integration_core.trust.throttle import GUESSES
from odoo.addons.integration_core.wire import standard_webhooks

from ..accept import rate_limit
from .common import InboxCase
from .corpus import CASES

TABLES = ("integration_message", "integration_message_record", "integration_message_note", "res_partner")


@tagged("post_install", "-at_install")
class TestCorpus(InboxCase, HttpCase):
    def test_there_are_enough(self):
        self.assertGreaterEqual(len(CASES), 80)
        self.assertEqual(len({case.name for case in CASES}), len(CASES))

    def test_every_bad_request_is_answered_as_it_should_be_and_changes_nothing(self):
        for case in CASES:
            with self.subTest(case.name):
                self.one(case)

    def one(self, case):
        with self.cr.savepoint() as savepoint:
            self.endpoint.write(case.endpoint)
            if case.signing.get("revoked"):
                self.crm.credential_ids.action_revoke()
            self.env.flush_all()
            rate_limit.forget_counts()
            GUESSES.forget()
            good = self.body()
            for number in range(1, case.before + 1):
                status, _headers, text = self.send(good, self.headers(good, f"msg_{number}"))
                self.assertEqual(status, 202, text)
            self.env.flush_all()
            rate_limit.forget_counts()
            before = self.counts()
            body = self.changed(case)
            headers = {**self.signed(case, body), **case.headers}
            path = (case.path or "{path}").format(
                path=self.path, upper=self.path.replace(self.endpoint.token, self.endpoint.token.upper())
            )
            status, answered, text = self.send(body, headers, case.method, path, case.short_by)
            self.assertEqual(status, case.status, text)
            self.assertNotIn("Traceback", text)
            self.assertNotIn("set-cookie", answered)
            if case.problem:
                self.assertEqual(answered["content-type"], "application/problem+json")
                document = json.loads(text)
                self.assertEqual(document["type"], f"urn:odoo-integration-hub:problem:{case.problem}", text)
                self.assertEqual(document["status"], case.status)
                self.assertTrue(document["detail"] and document["title"] and document["correlation_id"])
            if case.status in (429, 503):
                self.assertGreater(int(answered["retry-after"]), 0)
            if case.status == 405:
                self.assertEqual(answered["allow"], "POST, OPTIONS")
            self.env.invalidate_all()
            self.assertEqual(self.counts(), before, "nothing changed")
            savepoint.rollback()
            self.env.invalidate_all()
            self.env["integration.endpoint"]._forget_settings()

    def changed(self, case):
        if case.body is not None:
            return case.body
        event = json.loads(self.body()) | case.event
        return json.dumps({name: value for name, value in event.items() if value is not None}).encode()

    def signed(self, case, body):
        signing = case.signing
        now = int(time.time())
        ago_s = signing.get("ago_s", 0)
        timestamp = now * 1000 if ago_s == "milliseconds" else now - ago_s
        secret = standard_webhooks.new_secret() if signing.get("secret") else None
        headers = self.headers(signing.get("body", body), case.message_id, secret, timestamp)
        signature = headers["webhook-signature"]
        raw = signature.removeprefix("v1,")
        others = " ".join(["v1," + "A" * 43 + "="] * 8)
        edits = {
            "strip": raw, "hex": "v1," + raw.encode().hex(), "v2": "v2," + raw, "v1a": "v1a," + raw,
            "half": signature[: len(signature) // 2], "ninth": f"{others} {signature}",
            "commas": f"v1,AAAA,{signature}",
        }  # fmt: skip
        headers["webhook-signature"] = edits.get(signing.get("edit"), signature)
        if case.headers.get("webhook-timestamp") == "+1":
            case.headers["webhook-timestamp"] = str(now + 1)
        return headers

    def counts(self):
        found = {}
        for table in TABLES:
            self.env.cr.execute(f'SELECT count(*), coalesce(max(id), 0) FROM "{table}"')  # noqa: S608, above
            found[table] = self.env.cr.fetchone()
        return found, self.partner.name

    def send(self, body, headers, method="POST", path=None, short_by=0):
        """One request as it is, without a client's help. :return: status, headers in lower case, text."""
        with self.allow_requests():
            return self.exchange(body, headers, method, path, short_by)

    def exchange(self, body, headers, method, path, short_by):
        connection = http.client.HTTPConnection(HOST, self.http_port(), timeout=30)
        try:
            connection.putrequest(method, path or self.path, skip_accept_encoding=True)
            cookie = self.opener.cookies[TEST_CURSOR_COOKIE_NAME]
            connection.putheader("Cookie", f"{TEST_CURSOR_COOKIE_NAME}={cookie}")
            connection.putheader("Content-Length", str(len(body)))
            for name, value in headers.items():
                if value is not None:
                    connection.putheader(name, value.encode("latin-1"))
            connection.endheaders()
            connection.send(body[: len(body) - short_by] if short_by else body)
            if short_by:
                connection.sock.shutdown(1)
            response = connection.getresponse()
            answered = {name.lower(): value for name, value in response.getheaders()}
            return response.status, answered, response.read().decode()
        finally:
            connection.close()
