"""How Odoo proves who it is when it calls: access tokens, keys, passwords, client certificates."""

import json
import os
import socket
import ssl
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..engine import tokens
from .authorization_server import CLIENT_ID, SCOPE, SECRET, Partner
from .common import OutboxCase
from .test_partners import certificate

LANE = "odoo.addons.integration_outbox.engine.lane"


def pem_of(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class ProofCase(OutboxCase):
    def setUp(self):
        super().setUp()
        tokens.forget()
        self.carrier = self.system("Carrier Nordfracht", allowed_networks="127.0.0.0/8")
        self.carrier.action_new_signing_secret()

    def credential(self, **values):
        return self.env["integration.credential"].create(
            {
                "name": "Nordfracht",
                "system_id": self.carrier.id,
                "purpose": "call",
                "hosts": "127.0.0.1",
                **values,
            }
        )

    def partner(self, *methods, **options):
        partner = Partner(*methods, **options)
        self.addCleanup(partner.close)
        return partner

    def subscribe_to(self, url, authorization, **values):
        wanted = {
            "name": "Shipments",
            "system_id": self.carrier.id,
            "url": url,
            "authorization": authorization,
        }
        return self.subscribe(**{**wanted, **values})

    def sent(self, subscription, count=1):
        """So many events, and their deliveries after one run of the engine."""
        events = [self.event(f"WH/OUT/0001{number}") for number in range(count)]
        self.subscription.active = False  # the one of other tests
        self.env.flush_all()
        self.run_lane()
        self.env.invalidate_all()
        return self.env["integration.delivery"].search(
            [("event_id", "in", [e.id for e in events]), ("subscription_id", "=", subscription.id)]
        )

    def again(self, deliveries):
        """Try those again at once that are to be tried again later."""
        self.env.cr.execute(
            "UPDATE integration_delivery SET next_attempt_at = now() AT TIME ZONE 'UTC' WHERE id = ANY (%s)",
            [deliveries.ids],
        )
        self.env["integration.gate"].search([]).open_until = False
        self.env.flush_all()
        self.run_lane()
        self.env.invalidate_all()

    def in_attempts(self):
        self.env.cr.execute("SELECT to_jsonb(a)::text FROM integration_attempt AS a")
        return str(self.env.cr.fetchall())


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
        credential = self.credential(
            kind="oauth2_client", client_id="odoo", secret=SECRET, token_url=self.receiver.url
        )
        others = self.subscribe(name="Others")
        subscription = self.subscribe_to(self.receiver.url, "oauth2")
        with patch.object(tokens, "request", side_effect=OverflowError), mute_logger(LANE):
            delivery = self.sent(subscription)
        self.assertEqual(
            (delivery.state, delivery.reason),
            ("retrying", "The token endpoint did not answer: OverflowError"),
        )
        self.assertEqual(self.delivery(delivery.event_id, others).state, "delivered")
        self.assertTrue(credential)

    def test_a_token_endpoint_inside_is_not_called(self):
        self.carrier.allowed_networks = False
        self.credential(
            kind="oauth2_client",
            client_id="odoo",
            secret=SECRET,
            token_url="https://127.0.0.1:9/token",
            hosts="api.nordfracht.example",
        )
        subscription = self.subscribe_to("https://api.nordfracht.example/shipments", "oauth2")
        self.assertIn("private or special address", self.sent(subscription).reason)

    def test_the_test_button_fetches_one_too(self):
        partner = self.partner("client_secret_basic")
        self.client(partner)
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        test = self.env["integration.subscription.test"].create({"subscription_id": subscription.id})
        test.action_send()
        self.assertEqual((test.verdict, test.is_success), ("Answered 202", True))
        self.assertIn("authorization: •••", test.request_headers)
        tokens.forget()
        partner.is_down = True
        test.action_send()
        self.assertEqual(test.verdict, "The token endpoint answered 503: temporarily_unavailable")

    def test_a_slow_login_keeps_nobody_else_waiting(self):
        """Its deliveries wait for the token; others go out in the same turns of the lane."""
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
            ({"token_parameters": "scope: all"}, "set by the engine"),
            ({"token_parameters": "audience"}, "write audience: wms"),
            ({"kind": "shared_secret"}, "that is done with one of these"),
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
        with self.assertRaisesRegex(ValidationError, "has to be https"):
            self.credential(
                kind="oauth2_client", client_id="odoo", secret=SECRET, token_url="http://login.example"
            )

    def test_without_a_credential_events_wait_and_the_form_says_why(self):
        subscription = self.subscribe_to(self.receiver.url, "oauth2")
        self.assertIn("has no credential for: OAuth 2.0 access token", subscription.secret_problem)
        self.assertEqual(self.sent(subscription).state, "pending")


@tagged("post_install", "-at_install")
class TestStaticProof(ProofCase):
    def shown(self, authorization, header, **values):
        subscription = self.subscribe_to(self.receiver.url, authorization, **values)
        self.assertEqual(self.sent(subscription).state, "delivered")
        ((headers, _body),) = self.receiver.requests
        return {n.lower(): v for n, v in headers.items()}[header.lower()]

    def test_a_bearer_token(self):
        self.credential(kind="api_key", secret="nf-live-7f3a99c1")
        self.assertEqual(self.shown("bearer", "Authorization"), "Bearer nf-live-7f3a99c1")
        self.assertNotIn("7f3a99c1", self.in_attempts())

    def test_an_api_key_in_the_partners_header(self):
        self.credential(kind="api_key", secret="nf-live-7f3a99c1")
        self.assertEqual(
            self.shown("api_key", "X-Freight-Key", key_header="X-Freight-Key"), "nf-live-7f3a99c1"
        )
        self.assertNotIn("7f3a99c1", self.in_attempts(), "masked though its name is the partner's own")

    def test_user_and_password(self):
        """RFC 7617, section 2: the example."""
        self.credential(kind="login", secret="Aladdin:open sesame")
        self.assertEqual(self.shown("basic", "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        self.assertNotIn("QWxhZGRpbjpvcGVuIHNlc2FtZQ", self.in_attempts())

    def test_a_new_key_counts_from_then_on(self):
        old = self.credential(kind="api_key", secret="nf-live-7f3a99c1")
        self.credential(kind="api_key", secret="nf-live-88888888")
        self.assertEqual(self.shown("bearer", "Authorization"), "Bearer nf-live-88888888")
        old.action_retire()

    def test_a_key_goes_to_the_hosts_alone_that_it_was_given_for(self):
        key = self.credential(
            kind="api_key", secret="nf-live-7f3a99c1", hosts="api.nordfracht.example\n10.1.2.3"
        )
        thief = self.subscribe_to(self.receiver.url, "bearer")
        self.assertIn("may not be shown to 127.0.0.1", thief.secret_problem)
        self.assertEqual(self.sent(thief).state, "pending")
        with self.assertRaisesRegex(UserError, "may not be shown"):
            self.env["integration.subscription.test"].create({"subscription_id": thief.id}).action_send()
        manager = key.with_user(self.manager())
        with self.assertRaisesRegex(UserError, "Type the secret .* again"):
            manager.hosts = "127.0.0.1"
        manager.write({"hosts": "127.0.0.1", "secret": "nf-live-7f3a99c1"})
        self.assertFalse(self.receiver.requests)
        thief.active = False
        self.assertEqual(self.shown("bearer", "Authorization", name="Rightly"), "Bearer nf-live-7f3a99c1")

    def test_a_client_secret_goes_to_no_other_token_endpoint(self):
        values = {"kind": "oauth2_client", "client_id": "odoo", "secret": SECRET}
        credential = self.credential(**values, token_url="https://login.nordfracht.example/token")
        with self.assertRaisesRegex(UserError, "Type the secret .* again"):
            credential.token_url = "https://login.thief.example/token"
        credential.write({"token_url": "https://login.nordfracht.example/v2/token", "secret": SECRET})

    def test_nothing_that_proves_us_goes_unencrypted_outside_of_the_plant(self):
        self.carrier.allowed_networks = False
        self.credential(kind="api_key", secret="nf-live-7f3a99c1", hosts="api.nordfracht.example")
        subscription = self.subscribe_to("http://api.nordfracht.example/in", "bearer")
        self.assertIn("has to be https", subscription.secret_problem)
        subscription.url = "https://api.nordfracht.example/in"
        self.assertFalse(subscription.secret_problem)

    def test_hosts_are_named_as_hosts(self):
        for hosts, says in (
            (False, "Name the hosts"),
            ("https://api.nordfracht.example/in", "is no host"),
            ("*", "is no host"),
        ):
            with self.assertRaisesRegex(ValidationError, says):
                self.credential(kind="api_key", secret="nf-live-7f3a99c1", hosts=hosts)

    def test_a_key_that_no_header_may_carry_stops_its_subscription_alone(self):
        self.credential(kind="api_key", secret="schlüssel-für-die-fracht")
        subscription = self.subscribe_to(self.receiver.url, "bearer")
        self.assertIn("no header may carry", subscription.secret_problem)
        self.assertEqual(self.sent(subscription).state, "pending")

    def test_secrets_have_no_place_among_the_extra_headers(self):
        with self.assertRaisesRegex(ValidationError, "authorization holds a secret"):
            self.subscribe_to(self.receiver.url, "signature", extra_headers="Authorization: Bearer abc")
        with self.assertRaisesRegex(ValidationError, "is set by the engine"):
            self.subscribe_to(self.receiver.url, "api_key", key_header="Webhook-Id")
        with self.assertRaisesRegex(ValidationError, "is no name of a header"):
            self.subscribe_to(self.receiver.url, "api_key", key_header="X Key")


@tagged("post_install", "-at_install")
class TestClientCertificates(ProofCase):
    """Mutual TLS: the partner's server asks who calls."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.server_cert, self.server_key = certificate(folder.name)
        self.startPatcher(patch.dict(os.environ, SSL_CERT_FILE=self.server_cert))
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.ends_at = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=90)
        self.ours = self.issued(self.key, self.ends_at)

    def issued(self, key, ends_at):
        """A client certificate, signed by the plant's authority: the server's own certificate."""
        authority = x509.load_pem_x509_certificate(Path(self.server_cert).read_bytes())
        signs_with = serialization.load_pem_private_key(Path(self.server_key).read_bytes(), None)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "odoo.plant-3.example")])
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(timezone.utc) - timedelta(days=1))
            .not_valid_after(ends_at)
            .sign(signs_with, hashes.SHA256())
        )

    def pem(self, key=None):
        return self.ours.public_bytes(serialization.Encoding.PEM).decode() + pem_of(key or self.key)

    def tls(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.server_cert)
        context.load_cert_chain(self.server_cert, self.server_key)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def test_it_is_shown_where_events_go_and_where_tokens_are_fetched(self):
        partner = self.partner("client_secret_basic", ssl_context=self.tls())
        certificate_ = self.credential(kind="client_certificate", secret_pem=self.pem())
        self.credential(
            kind="oauth2_client",
            client_id=CLIENT_ID,
            secret=SECRET,
            token_url=f"{partner.url}/oauth/token",
            token_scope=SCOPE,
        )
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        delivery = self.sent(subscription)
        self.assertEqual((delivery.state, delivery.reason), ("delivered", False))
        ours = self.ours.public_bytes(serialization.Encoding.DER)
        self.assertEqual(partner.peers, [ours, ours])
        self.assertTrue(certificate_.last_used_at)

    def test_without_it_nobody_gets_in(self):
        partner = self.partner("client_secret_basic", ssl_context=self.tls())
        delivery = self.sent(self.subscribe_to(f"{partner.url}/shipments", "signature"))
        self.assertEqual(delivery.state, "retrying")
        self.assertFalse(partner.events)

    def test_another_system_does_not_show_it(self):
        """Its connection to the same server is another one."""
        partner = self.partner("client_secret_basic", ssl_context=self.tls())
        self.credential(kind="client_certificate", secret_pem=self.pem())
        shows = self.subscribe_to(f"{partner.url}/shipments", "signature")
        stranger = self.system("Stranger", allowed_networks="127.0.0.0/8")
        stranger.action_new_signing_secret()
        does_not = self.subscribe(name="Strange", system_id=stranger.id, url=f"{partner.url}/shipments")
        delivery = self.sent(shows)
        self.assertEqual(delivery.status_code, 401, "let in by TLS, without a token")
        self.assertEqual(self.delivery(delivery.event_id, does_not).status_code, 0)

    def test_it_ends_when_the_certificate_does_and_its_owner_is_reminded(self):
        credential = self.credential(kind="client_certificate", secret_pem=self.pem())
        self.assertEqual(credential.expires_at, self.ends_at.replace(tzinfo=None))

    def test_what_does_not_fit_is_explained(self):
        for text, says in (
            ("hunter2hunter2", "no certificate in it"),
            (self.pem().partition("-----BEGIN PRIVATE")[0], "no private key in it"),
            (self.pem(ec.generate_private_key(ec.SECP256R1())), "is not the first certificate's"),
        ):
            with self.assertRaisesRegex(ValidationError, says):
                self.credential(kind="client_certificate", secret_pem=text)
        locked = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
        with self.assertRaisesRegex(ValidationError, "begins BEGIN PRIVATE KEY|has a password"):
            self.credential(
                kind="client_certificate",
                secret_pem=self.pem().partition("-----BEGIN PRIVATE")[0] + locked.decode(),
            )
        for key, says in (
            (pem_of(rsa.generate_private_key(65537, 1024)), "2048 bits or more"),
            (pem_of(ec.generate_private_key(ec.SECP521R1())), "P-256"),
            (pem_of(ed25519.Ed25519PrivateKey.generate()), "P-256"),
        ):
            with self.assertRaisesRegex(ValidationError, says):
                self.credential(
                    kind="oauth2_key", client_id="odoo", token_url="https://login.example", secret_pem=key
                )
