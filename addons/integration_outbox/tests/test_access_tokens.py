"""Odoo fetches access tokens from partners, and shows them."""

import json
import socket
from datetime import timedelta
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import rsa

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import tokens
from .authorization_server import CLIENT_ID, SCOPE, SECRET
from .proof import ProofCase, pem_of

LANE = "odoo.addons.integration_outbox.engine.lane"


@tagged("post_install", "-at_install")
class TestAccessTokens(ProofCase):
    def client(self, partner, **values):
        return self.credential(
            **{
                "kind": "oauth2_client",
                "client_id": CLIENT_ID,
                "secret": SECRET,
                "token_url": f"{partner.url}/oauth/token",
                "token_scope": SCOPE,
                **values,
            }
        )

    def test_one_token_is_fetched_for_many_events(self):
        partner = self.partner("client_secret_basic")
        credential = self.client(partner, token_parameters="audience: https://api.nordfracht.example")
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        deliveries = self.sent(subscription, 20)
        self.assertEqual(deliveries.mapped("state"), ["delivered"] * 20)
        self.assertEqual(
            partner.asked,
            [
                {
                    "grant_type": "client_credentials",
                    "scope": SCOPE,
                    "audience": "https://api.nordfracht.example",
                }
            ],
        )
        headers, body = partner.events[0]
        self.assertTrue(headers["Webhook-Signature"], "it is signed as well")
        self.assertEqual(json.loads(body)["specversion"], "1.0")
        self.assertTrue(credential.last_used_at)
        self.assertEqual(self.sent(subscription, 3).mapped("state"), ["delivered"] * 3)
        self.assertEqual(len(partner.asked), 1, "kept between runs")
        self.assertFalse([token for token in partner.tokens if token in self.in_attempts()])

    def test_the_secret_may_go_in_the_body(self):
        partner = self.partner("client_secret_post")
        self.client(partner, client_auth="post")
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        self.assertEqual(self.sent(subscription).state, "delivered")

    def test_a_private_key_proves_it_without_any_secret_on_the_way(self):
        keys = {
            "made here": None,
            "RSA": rsa.generate_private_key(65537, 2048),
        }
        for name, key in keys.items():
            with self.subTest(name):
                tokens.forget()
                credential = self.credential(
                    kind="oauth2_key",
                    client_id=CLIENT_ID,
                    token_url="https://not-known-yet.example/token",
                    token_scope=SCOPE,
                    key_id="odoo-2026",
                    secret_pem=key and pem_of(key),
                )
                self.assertNotIn("PRIVATE", credential.public_key)
                self.assertFalse(credential.secret_pem)
                partner = self.partner("client_assertion_jwt", public_key=credential.public_key)
                credential.token_url = f"{partner.url}/oauth/token"
                subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
                deliveries = self.sent(subscription)
                self.assertEqual((deliveries.state, deliveries.reason), ("delivered", False))
                self.assertEqual(len(partner.seen_jtis), 1)
                credential.action_revoke()
                subscription.active = False

    def test_a_token_that_the_partner_forgot_is_fetched_anew(self):
        partner = self.partner("client_secret_basic")
        self.client(partner)
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        self.sent(subscription)
        partner.revoke_all()
        late = self.sent(subscription)
        self.assertEqual((late.state, late.status_code), ("retrying", 401), "not dead: it may be the token")
        self.again(late)
        self.assertEqual((late.state, len(partner.asked)), ("delivered", 2))

    def test_a_token_is_not_used_in_its_last_seconds(self):
        partner = self.partner("client_secret_basic", expires_in=2)
        self.client(partner)
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        self.sent(subscription)
        with patch.object(tokens.time, "monotonic", lambda now=tokens.time.monotonic: now() + 1.1):
            self.sent(subscription)
        self.assertEqual((len(partner.asked), len(partner.events)), (2, 2))

    def test_without_a_token_events_wait_with_the_reason_and_nothing_is_lost(self):
        partner = self.partner("client_secret_basic")
        partner.is_down = True
        self.client(partner)
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        deliveries = self.sent(subscription, 3)
        self.assertEqual(set(deliveries.mapped("state")), {"retrying"})
        self.assertEqual(
            set(deliveries.mapped("reason")),
            {"The token endpoint answered 503: temporarily_unavailable"},
        )
        self.assertEqual(set(deliveries.attempt_ids.mapped("url")), {f"{partner.url}/oauth/token"})
        self.assertFalse(partner.events)
        partner.is_down = False
        self.again(deliveries)
        self.assertEqual(set(deliveries.mapped("state")), {"delivered"})

    def test_a_token_endpoint_that_asks_to_wait_is_waited_for(self):
        self.receiver.answers[:] = [(429, {"Retry-After": "1800"}, b'{"error": "slow_down"}')]
        self.credential(kind="oauth2_client", client_id="odoo", secret=SECRET, token_url=self.receiver.url)
        delivery = self.sent(self.subscribe_to(self.receiver.url, "oauth2"))
        self.assertEqual(delivery.reason, "The token endpoint answered 429: slow_down")
        self.assertGreater(delivery.next_attempt_at, fields.Datetime.now() + timedelta(minutes=29))

    def test_a_wrong_secret_is_no_secret_of_the_attempts(self):
        partner = self.partner("client_secret_basic")
        self.client(partner, secret="wrong-secret-of-nordfracht")
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        delivery = self.sent(subscription)
        self.assertEqual(delivery.reason, "The token endpoint answered 401: invalid_client")
        self.assertNotIn("wrong-secret", self.in_attempts())

    def test_what_is_no_token_is_not_shown(self):
        for body, says in (
            (b"<html>Login</html>", "without an access token"),
            (b'{"access_token": "a\\r\\nX-Evil: 1", "token_type": "Bearer"}', "without an access token"),
            (b'{"access_token": "abc", "token_type": "mac"}', "another type"),
            (b"[]", "without an access token"),
            (b"[" * 30_000, "without an access token"),
        ):
            with self.subTest(body):
                self.receiver.requests.clear()
                self.receiver.answers[:] = [(200, {}, body)]
                credential = self.credential(
                    kind="oauth2_client", client_id="odoo", secret=SECRET, token_url=self.receiver.url
                )
                subscription = self.subscribe_to(self.receiver.url, "oauth2")
                self.assertIn(says, self.sent(subscription).reason)
                self.assertEqual(len(self.receiver.requests), 1, "nothing else was sent")
                credential.action_revoke()
                subscription.active = False

    def test_a_token_that_ends_at_once_is_not_fetched_over_and_over(self):
        for number, lasts in enumerate(("0", "-5", "NaN", '"soon"', "1e400", "null", "9" * 400)):
            with self.subTest(lasts):
                self.receiver.requests.clear()
                answer = f'{{"access_token": "t-{number}", "token_type": "Bearer", "expires_in": {lasts}}}'
                self.receiver.answers[:] = [(200, {}, answer.encode())]
                credential = self.credential(
                    kind="oauth2_client",
                    client_id=f"odoo-{number}",
                    secret=SECRET,
                    token_url=self.receiver.url,
                )
                subscription = self.subscribe_to(self.receiver.url, "oauth2")
                self.assertEqual(self.sent(subscription).state, "delivered")
                self.assertEqual(len(self.receiver.requests), 2, "one for the token, one with it")
                credential.action_revoke()
                subscription.active = False

    def test_what_cannot_even_be_asked_for_fails_alone(self):
        self.credential(kind="oauth2_client", client_id="odoo", secret=SECRET, token_url=self.receiver.url)
        others = self.subscribe(name="Others")
        subscription = self.subscribe_to(self.receiver.url, "oauth2")
        with patch.object(tokens, "request", side_effect=OverflowError), mute_logger(LANE):
            delivery = self.sent(subscription)
        self.assertEqual(
            (delivery.state, delivery.reason),
            ("retrying", "The token endpoint did not answer: OverflowError"),
        )
        self.assertEqual(self.delivery(delivery.event_id, others).state, "delivered")

    def test_a_token_endpoint_inside_is_not_called(self):
        self.credential(
            kind="oauth2_client",
            client_id="odoo",
            secret=SECRET,
            token_url="https://127.0.0.1:9/token",
            hosts="api.nordfracht.example",
        )
        self.carrier.allowed_networks = False
        subscription = self.subscribe_to("https://api.nordfracht.example/shipments", "oauth2")
        self.assertIn("private or special address", self.sent(subscription).reason)

    def test_the_test_button_fetches_one_too(self):
        partner = self.partner("client_secret_basic")
        self.client(partner)
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        test = self.env["integration.subscription.test"].create({"subscription_id": subscription.id})
        test.action_send()
        self.assertEqual((test.outcome, test.is_success), ("HTTP 202", True))
        self.assertIn("authorization: •••", test.request_headers)
        tokens.forget()
        partner.is_down = True
        test.action_send()
        self.assertEqual(test.outcome, "The token endpoint answered 503: temporarily_unavailable")

    def test_a_slow_login_keeps_nobody_else_waiting(self):
        """Its deliveries wait for the token; others go out in the same rounds of the lane."""
        hanging = self.system("Hangs", allowed_networks="127.0.0.0/8")
        hanging.action_new_signing_secret()
        with socket.create_server(("127.0.0.1", 0)) as taken:  # it takes connections, and never answers
            port = taken.getsockname()[1]
            self.env["integration.credential"].create(
                {
                    "name": "Login that hangs",
                    "system_id": hanging.id,
                    "purpose": "call",
                    "kind": "oauth2_client",
                    "hosts": "127.0.0.1",
                    "client_id": "odoo",
                    "secret": SECRET,
                    "token_url": f"http://127.0.0.1:{port}/token",
                }
            )
            waiting = self.subscribe(name="Waits", system_id=hanging.id, authorization="oauth2", timeout_s=1)
            event = self.event()
            self.run_lane()
        slow, quick = self.delivery(event, waiting), self.delivery(event)
        self.assertEqual((slow.state, quick.state), ("retrying", "delivered"))
        self.assertLess(quick.delivered_at, slow.attempt_ids.started_at + timedelta(seconds=1))
        self.assertIn("The token endpoint did not answer", slow.reason)

    def test_what_is_missing_is_said_in_the_form(self):
        for values, says in (
            ({"client_id": False}, "client ID"),
            ({"token_url": "ftp://login.example"}, "https://"),
            ({"token_url": False}, "https://"),
            ({"token_parameters": "scope: all"}, "set automatically"),
            ({"token_parameters": "audience"}, "Enter audience: wms"),
            ({"kind": "shared_secret"}, "choose one of these types"),
        ):
            wanted = {
                "kind": "oauth2_client",
                "client_id": "odoo",
                "secret": SECRET,
                "token_url": "https://login.example",
            }
            with self.assertRaisesRegex(ValidationError, says):
                self.credential(**{**wanted, **values})
        self.carrier.allowed_networks = False
        with self.assertRaisesRegex(ValidationError, "has to start with https"):
            self.credential(
                kind="oauth2_client", client_id="odoo", secret=SECRET, token_url="http://login.example"
            )

    def test_without_a_credential_events_wait_and_the_form_says_why(self):
        subscription = self.subscribe_to(self.receiver.url, "oauth2")
        self.assertIn(
            "has no credential for outbound authentication: OAuth 2.0 access token",
            subscription.secret_problem,
        )
        self.assertEqual(self.sent(subscription).state, "pending")
