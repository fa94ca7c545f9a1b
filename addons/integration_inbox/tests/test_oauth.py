"""Partners fetch access tokens from us, with a client library, over real HTTP."""

import base64
import json
import os
from unittest.mock import patch

from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import BackendApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tests.common import TEST_CURSOR_COOKIE_NAME

from odoo.addons.integration_core.controllers.token import METADATA_PATH
from odoo.addons.integration_core.trust import access_tokens
from odoo.addons.integration_core.trust.throttle import GUESSES, TOKENS
from odoo.addons.integration_core.wire.oauth_token import PATH as TOKEN_PATH

from .common import MOVED, RENAMED, InboxCase

FORM = {"content-type": "application/x-www-form-urlencoded"}


@tagged("post_install", "-at_install")
class TestOAuth(InboxCase, HttpCase):
    def setUp(self):
        super().setUp()
        TOKENS.forget()
        self.endpoint.scheme = "oauth2"
        shown = self.endpoint.action_new_secret()["params"]
        self.client_id, self.client_secret = shown["clientId"], shown["secret"]
        self.credential = self.crm.credential_ids.filtered(lambda c: c.kind == "oauth2_client")
        self.assertTrue(shown["tokenUrl"].endswith(TOKEN_PATH))

    def token(self, /, **fields_):
        """The answer of the token endpoint to what a program would post by hand."""
        wanted = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            **fields_,
        }
        data = {name: value for name, value in wanted.items() if value is not None}
        self.env.flush_all()
        return self.url_open(TOKEN_PATH, data=data, method="POST")

    def post(self, token, kind=RENAMED, message="e-1"):
        self.env.flush_all()
        headers = {"content-type": "application/cloudevents+json", "authorization": f"Bearer {token}"}
        return self.url_open(self.path, data=self.body(kind=kind, event_id=message), headers=headers)

    def let_in(self, session):
        """Odoo's server answers nobody else than the test that runs."""
        session.cookies.set(TEST_CURSOR_COOKIE_NAME, self.opener.cookies[TEST_CURSOR_COOKIE_NAME])

    def test_a_client_library_fetches_a_token_and_posts_with_it(self):
        self.startPatcher(patch.dict(os.environ, OAUTHLIB_INSECURE_TRANSPORT="1"))  # loopback
        self.env.flush_all()
        session = OAuth2Session(client=BackendApplicationClient(self.client_id))
        with self.allow_requests():
            self.let_in(session)
            token = session.fetch_token(
                self.base_url() + TOKEN_PATH, auth=HTTPBasicAuth(self.client_id, self.client_secret)
            )
            self.assertEqual((token["token_type"], token["expires_in"]), ("Bearer", 3600))
            answer = session.post(
                self.base_url() + self.path,
                data=self.body(),
                headers={"content-type": "application/cloudevents+json"},
            )
        self.assertEqual(answer.status_code, 202, answer.text)
        self.run_lane()
        self.env.invalidate_all()
        message = self.env["integration.message"].search([("endpoint_id", "=", self.endpoint.id)])
        self.assertEqual((message.state, self.partner.name), ("processed", "Nordwind AG"))
        self.assertNotIn(token["access_token"], message.headers)

    def test_another_client_library_sends_its_secret_in_the_body(self):
        self.env.flush_all()
        session = AuthlibSession(
            self.client_id, self.client_secret, token_endpoint_auth_method="client_secret_post"
        )
        with self.allow_requests():
            self.let_in(session)
            token = session.fetch_token(self.base_url() + TOKEN_PATH, grant_type="client_credentials")
        self.assertEqual(self.post(token["access_token"]).status_code, 202)

    def test_only_the_digest_of_a_token_and_of_the_secret_is_kept(self):
        token = self.token().json()["access_token"]
        self.env.cr.execute("SELECT to_jsonb(t)::text FROM integration_access_token AS t")
        kept = str(self.env.cr.fetchall())
        self.assertIn(str(self.credential.id), kept)
        self.assertNotIn(token, kept)
        self.assertTrue(self.credential._text().startswith("sha256:"))
        self.assertNotIn(self.client_secret, self.credential._text())

    def test_what_the_answer_says_is_not_kept_on_the_way_and_sets_no_cookie(self):
        self.opener.cookies.clear()
        answer = self.token()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            (answer.headers["cache-control"], answer.headers["pragma"]), ("no-store", "no-cache")
        )
        self.assertNotIn("set-cookie", answer.headers)

    def test_a_token_ends(self):
        token = self.token().json()["access_token"]
        self.env.cr.execute("UPDATE integration_access_token SET expires_at = now() AT TIME ZONE 'UTC'")
        answer = self.post(token)
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(
            answer.headers["www-authenticate"], 'Bearer realm="integration", error="invalid_token"'
        )
        self.env["integration.credential"]._cron_follow_the_clock()
        self.assertFalse(self.env["integration.access.token"].search_count([]))

    def test_a_revoked_client_loses_its_tokens_at_once(self):
        token = self.token().json()["access_token"]
        self.assertEqual(self.post(token).status_code, 202)
        self.credential.action_revoke()
        self.assertEqual(self.post(token, message="e-2").status_code, 401)
        self.assertEqual(self.token().json()["error"], "invalid_client")

    def test_a_token_of_another_system_is_none(self):
        other = self.system("CRM Süd")
        shown = other._new_secret("verify", "oauth2_client")["params"]
        token = self.token(client_id=shown["clientId"], client_secret=shown["secret"]).json()["access_token"]
        self.assertEqual(self.post(token).status_code, 401)

    def test_while_its_secret_is_changed_a_client_may_use_both(self):
        shown = self.endpoint.action_new_secret()["params"]
        self.assertEqual(shown["clientId"], self.client_id, "the partner changes the secret alone")
        for secret in (self.client_secret, shown["secret"]):
            token = self.token(client_secret=secret).json()["access_token"]
            self.assertEqual(self.post(token, message=f"of {secret}").status_code, 202)
        self.endpoint.action_new_secret()
        self.assertEqual(self.token().status_code, 200, "the first one keeps its overlap")
        self.credential.action_revoke()
        self.assertEqual(self.token().status_code, 401)

    def test_a_scope_bounds_what_may_be_sent(self):
        self.credential.scopes = f"send:{RENAMED}\nread:equipment"
        self.assertEqual(self.token().json()["scope"], f"send:{RENAMED} read:equipment")
        token = self.token(scope=f"send:{RENAMED}").json()["access_token"]
        self.assertEqual(self.post(token).status_code, 202)
        refused = self.post(token, MOVED, "e-2")
        self.assertEqual((refused.status_code, refused.json()["title"]), (403, "Insufficient scope"))
        self.assertIn('error="insufficient_scope"', refused.headers["www-authenticate"])
        only_read = self.token(scope="read:equipment").json()["access_token"]
        self.assertEqual(self.post(only_read, message="e-3").status_code, 403)
        self.assertEqual(self.token(scope="send:*").json()["error"], "invalid_scope")
        with self.assertRaisesRegex(ValidationError, "'execute:all' is not a scope"):
            self.credential.scopes = "execute:all"

    def test_a_scope_that_was_taken_away_is_gone_from_tokens_too(self):
        token = self.token().json()["access_token"]
        self.credential.scopes = "send:execution.*"
        self.assertEqual(self.post(token).status_code, 403)

    def test_scopes_bound_every_kind_of_credential(self):
        self.endpoint.scheme = "bearer"
        self.env["integration.credential"].create(
            {
                "system_id": self.crm.id,
                "purpose": "verify",
                "kind": "api_key",
                "secret": "plant-3-of-courbon",
                "scopes": f"send:{RENAMED}",
            }
        )
        self.assertEqual(self.post("plant-3-of-courbon").status_code, 202)
        self.assertEqual(self.post("plant-3-of-courbon", MOVED, "e-2").status_code, 403)

    def test_a_token_may_be_bound_to_one_endpoint(self):
        """RFC 8707."""
        other = self.endpoint.copy({"name": "Others", "scheme": "oauth2"})
        bound = self.token(resource=other.url).json()["access_token"]
        self.assertEqual(self.post(bound).status_code, 401)
        right = self.token(resource=self.endpoint.url).json()["access_token"]
        self.assertEqual(self.post(right).status_code, 202)
        for url in ("https://elsewhere.example/in", self.base_url() + "/integration/in/none"):
            self.assertEqual(self.token(resource=url).json()["error"], "invalid_target")

    def test_a_secret_is_good_from_its_own_addresses_alone(self):
        self.credential.allowed_sources = "203.0.113.0/24"
        self.assertEqual(self.token().status_code, 401)
        self.credential.allowed_sources = "127.0.0.0/8"
        self.assertEqual(self.token().status_code, 200)

    def test_what_is_wrong_is_said_in_the_protocols_words(self):
        for fields_, status, error in (
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
            ({"grant_type": None}, 400, "invalid_request"),
            ({"client_secret": None}, 401, "invalid_client"),
            ({"client_secret": "guess-1"}, 401, "invalid_client"),
            ({"client_id": "nobody"}, 401, "invalid_client"),
            ({"client_id": "no\0body"}, 401, "invalid_client"),
            ({"client_id": "n" * 300}, 401, "invalid_client"),
            ({"client_secret": "gu\0ess"}, 401, "invalid_client"),
            ({"resource": "no\0where"}, 400, "invalid_target"),
            ({"scope": 'send:"'}, 400, "invalid_scope"),
        ):
            answer = self.token(**fields_)
            self.assertEqual((answer.status_code, answer.json()["error"]), (status, error), fields_)
            self.assertTrue(answer.json()["error_description"])

    def test_what_is_no_form_at_all_too(self):
        good = f"{self.client_id}:{self.client_secret}".encode()
        basic = {"authorization": f"Basic {base64.b64encode(good).decode()}"}
        for body, headers in (
            (b'{"grant_type": "client_credentials"}', {"content-type": "application/json", **basic}),
            (b"grant_type=client_credentials&grant_type=x", {**FORM, **basic}),
            (b"grant_type=\xff", {**FORM, **basic}),
            (b"grant_type=client_credentials&client_secret=x", {**FORM, **basic}),
            (b"a=b&" * 30, {**FORM, **basic}),
            (b"x" * 20_000, {**FORM, **basic}),
        ):
            answer = self.url_open(TOKEN_PATH, data=body, headers=headers)
            self.assertIn(answer.status_code, (400, 413), body[:50])
            self.assertEqual(answer.json()["error"], "invalid_request", body[:50])
        answer = self.url_open(TOKEN_PATH)
        self.assertEqual((answer.status_code, answer.headers["allow"]), (405, "POST"))

    def test_no_name_of_a_parameter_does_harm(self):
        for name in ("self", "token", "args", "cr"):
            self.assertEqual(self.token(**{name: "x"}).status_code, 200, name)
            token = self.token().json()["access_token"]
            headers = {"content-type": "application/cloudevents+json", "authorization": f"Bearer {token}"}
            answer = self.url_open(
                f"{self.path}?{name}=x", data=self.body(event_id=f"e-{name}"), headers=headers
            )
            self.assertEqual(answer.status_code, 202, name)

    def test_a_copy_of_the_database_forgets_tokens(self):
        self.token()
        self.assertTrue(self.env["integration.access.token"].search_count([]))
        self.env["integration.identity"].with_user(self.manager()).action_copied()
        self.assertFalse(self.env["integration.access.token"].search_count([]))

    def test_guesses_are_slowed_down(self):
        for _ in range(GUESSES.burst):
            self.assertEqual(self.token(client_secret="guess").status_code, 401)
        answer = self.token()
        self.assertEqual(answer.status_code, 429, "it is not even looked at")
        self.assertGreater(int(answer.headers["retry-after"]), 0)

    def test_a_token_for_each_message_is_too_many(self):
        for _ in range(TOKENS.burst):
            self.assertEqual(self.token().status_code, 200)
        answer = self.token()
        self.assertEqual((answer.status_code, answer.json()["error"]), (429, "slow_down"))
        self.assertGreater(int(answer.headers["retry-after"]), 0)

    def test_a_held_or_archived_system_gets_no_token(self):
        self.crm.sudo().is_held = True
        self.assertEqual(self.token().status_code, 401)
        self.crm.sudo().is_held = False
        self.crm.active = False
        self.assertEqual(self.token().status_code, 401)

    def test_where_tokens_are_is_told(self):
        told = self.url_open(METADATA_PATH).json()
        self.assertTrue(told["token_endpoint"].endswith(TOKEN_PATH))
        self.assertEqual(told["grant_types_supported"], ["client_credentials"])

    def test_its_last_use_is_noted(self):
        before = fields.Datetime.now()
        self.token()
        self.env.invalidate_all()
        self.assertGreaterEqual(self.credential.last_used_at, before)

    def test_a_token_that_nobody_made_is_refused_at_every_address_alike(self):
        made_up = access_tokens.PREFIX + "A" * 43
        known, unknown = self.post(made_up), None
        headers = {"content-type": "application/json", "authorization": f"Bearer {made_up}"}
        unknown = self.url_open("/integration/in/nobody-lives-here", data=b"{}", headers=headers)
        same = ("www-authenticate", "content-type", "cache-control")
        self.assertEqual(known.status_code, unknown.status_code)
        self.assertEqual([known.headers[n] for n in same], [unknown.headers[n] for n in same])
        drop = "correlation_id"
        documents = [json.loads(a.text) for a in (known, unknown)]
        self.assertEqual(*({k: v for k, v in d.items() if k != drop} for d in documents))
