"""What real partners send, with their own libraries, their published examples and their payloads."""

import hashlib
import hmac
import json
import time
from datetime import datetime, timezone

import stripe
from cloudevents.http import CloudEvent, to_binary, to_structured
from standardwebhooks.webhooks import Webhook

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged

from odoo.addons.integration_core.wire import standard_webhooks

from ..mapping_presets import PRESETS
from .common import PAYLOADS, RENAMED, InboxCase

JSON = {"content-type": "application/json"}


@tagged("post_install", "-at_install")
class TestSenders(InboxCase):
    def test_stripes_library(self):
        secret = "whsec_stripe-line-2-secret"
        body = json.dumps(PRESETS["stripe"].sample["body"]).encode()
        now = int(time.time())
        signature = stripe.WebhookSignature._compute_signature(f"{now}.{body.decode()}", secret)
        headers = {**JSON, "Stripe-Signature": f"t={now},v1={signature}"}
        answer, message = self.post_as(
            "stripe",
            body,
            headers,
            secret,
            mapping=PRESETS["stripe"].mapping,
            event_patterns="commerce.*",
            unknown_policy="keep",
        )
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual(
            (message.message_id, message.type, message.subject, message.state),
            ("evt_1Pgc76LkdIwHu7ix", "commerce.payment.confirmed", "S00042", "kept"),
        )
        self.assertEqual(
            json.loads(message.derived)[0]["data"]["amount"], {"value": "1299", "currency": "EUR"}
        )

    def test_githubs_published_example(self):
        headers = {
            "content-type": "application/json",
            "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        }
        answer, message = self.post_as("github", b"Hello, World!", headers, "It's a Secret to Everybody")
        # Verified: what is wrong with it is that it is no JSON, and only the partner is told that.
        self.assertEqual((answer.status, json.loads(answer.body)["title"]), (400, "Not JSON"))
        answer, message = self.post_as("github", b"Hello, World?", headers)
        self.assertEqual(answer.status, 401)
        self.assertFalse(message)

    def test_github_pushes_and_its_ping(self):
        secret = "line-2-github"
        body = json.dumps(PRESETS["github"].sample["body"]).encode()

        def headers(event):
            digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            return {
                **JSON,
                "X-GitHub-Event": event,
                "X-GitHub-Delivery": f"{event}-1",
                "X-Hub-Signature-256": f"sha256={digest}",
            }

        settings = {
            "mapping": PRESETS["github"].mapping,
            "event_patterns": "github.*",
            "unknown_policy": "quarantine",
        }
        answer, message = self.post_as("github", body, headers("ping"), secret, **settings)
        self.assertEqual((answer.status, json.loads(answer.body)), (200, {"status": "pong"}))
        self.assertFalse(message)
        answer, message = self.post_as("github", body, headers("push"))
        self.assertEqual(
            (answer.status, message.message_id, message.type, message.subject, message.state),
            (202, "push-1", "github.push", "nordwind/line-2", "quarantined"),
        )

    def test_slack_asks_for_its_challenge_and_then_sends(self):
        secret = "slack-signing-secret"

        def post(document, **settings):
            body = json.dumps(document).encode()
            now = int(time.time())
            digest = hmac.new(secret.encode(), f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
            headers = {**JSON, "X-Slack-Request-Timestamp": str(now), "X-Slack-Signature": f"v0={digest}"}
            return self.post_as("slack", body, headers, **settings)

        self.env["integration.credential"].create(
            {"system_id": self.crm.id, "purpose": "verify", "kind": "shared_secret", "secret": secret}
        )
        challenge = {"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}
        answer, message = post({**challenge, "type": "url_verification"})
        self.assertEqual(
            (answer.status, json.loads(answer.body)), (200, {"challenge": challenge["challenge"]})
        )
        self.assertFalse(message)
        answer, message = post(
            PRESETS["slack"].sample["body"],
            mapping=PRESETS["slack"].mapping,
            event_patterns="slack.*",
            unknown_policy="keep",
        )
        self.assertEqual((message.type, message.message_id), ("slack.app_mention", "Ev08MFMKH6"))

    def test_easyposts_tracker(self):
        body = (PAYLOADS / "easypost-tracker-updated.json").read_bytes()
        secret = "s\u00e9cret-of-the-parcels"
        decomposed = "se\u0301cret-of-the-parcels".encode()
        headers = {
            **JSON,
            "X-Hmac-Signature": "hmac-sha256-hex=" + hmac.new(decomposed, body, hashlib.sha256).hexdigest(),
        }
        answer, message = self.post_as(
            "easypost",
            body,
            headers,
            secret,
            mapping=PRESETS["easypost"].mapping,
            event_patterns="carrier.*",
            unknown_policy="keep",
        )
        self.assertEqual(
            (answer.status, message.type, message.subject, message.state),
            (202, "carrier.shipment.accepted", "9405500207552011812894", "kept"),
        )
        self.assertEqual(message._bytes(), body)

    def test_b2mml_in_xml(self):
        body = (PAYLOADS / "b2mml-production-performance.xml").read_bytes()
        headers = {"content-type": "application/xml", "authorization": "Bearer plant-3-of-courbon"}
        answer, message = self.post_as(
            "bearer",
            body,
            headers,
            "plant-3-of-courbon",
            mapping=PRESETS["b2mml"].mapping,
            event_patterns="execution.*",
            unknown_policy="keep",
        )
        self.assertEqual((answer.status, message.type), (202, "execution.operation.completed"), answer.body)
        self.assertEqual(message.subject, "53107")
        self.assertEqual(message._bytes(), body, "exactly as it came, with its byte order mark")
        self.assertNotIn("plant-3", message.headers)

    def test_epcis_events_belong_together(self):
        for name, kind in (
            ("object", "object"),
            ("aggregation", "aggregation"),
            ("transformation", "transformation"),
        ):
            body = (PAYLOADS / f"epcis-{name}-event.jsonld").read_bytes()
            answer, message = self.post_as(
                "api_key",
                body,
                {"content-type": "application/ld+json", "x-api-key": "the-3pl-of-hamburg"},
                None if name != "object" else "the-3pl-of-hamburg",
                mapping=PRESETS["epcis"].mapping,
                event_patterns="logistics.*",
                unknown_policy="keep",
            )
            self.assertEqual((answer.status, message.type), (202, f"logistics.goods.{kind}"), answer.body)
            self.assertEqual(
                len(json.loads(message.derived)), len(json.loads(body)["epcisBody"]["eventList"])
            )

    def test_the_reference_library_of_cloudevents_in_both_modes(self):
        data = {"partner": "K-100", "name": "Nordwind AG"}
        for number, convert in enumerate((to_structured, to_binary), 1):
            event = CloudEvent(
                {"type": RENAMED, "source": "/crm/nord", "id": f"ce-{number}", "subject": "Müller & Söhne"},
                data,
            )
            headers, body = convert(event)
            headers.setdefault("content-type", "application/json")
            headers |= standard_webhooks.sign(
                [standard_webhooks.key_of(self.secret)], f"msg_{number}", int(time.time()), body
            )
            answer = self.accept(body, headers)
            self.assertEqual(answer.status, 202, answer.body)
        self.run_lane()
        self.assertEqual([self.message(f"msg_{n}").state for n in (1, 2)], ["processed"] * 2)
        self.assertEqual({self.message(f"msg_{n}").subject for n in (1, 2)}, {"Müller & Söhne"})

    def test_standard_webhooks_with_the_reference_library_while_secrets_rotate(self):
        body = self.body()
        now = datetime.now(timezone.utc)
        new = self.crm.action_new_verification_secret()["params"]["secret"]
        signatures = " ".join(
            Webhook(secret).sign("msg_1", now, body.decode())
            for secret in (standard_webhooks.new_secret(), self.secret, new)
        )
        headers = {
            **JSON,
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures,
        }
        self.assertEqual(self.accept(body, headers).status, 202)

    def test_a_revoked_key_is_refused_at_once(self):
        headers = {**JSON, "x-api-key": "the-3pl-of-hamburg"}
        answer, _message = self.post_as("api_key", self.body(), headers, "the-3pl-of-hamburg")
        self.assertEqual(answer.status, 202)
        self.crm.credential_ids.filtered(lambda c: c.kind == "api_key").action_revoke()
        self.assertEqual(self.accept(self.body(), headers).status, 401)

    def test_each_address_may_have_its_own_secret(self):
        mine, other = (
            self.env["integration.credential"].create(
                {"system_id": self.crm.id, "purpose": "verify", "kind": "api_key", "secret": secret}
            )
            for secret in ("key-of-plant-3", "key-of-plant-4")
        )
        self.endpoint.write({"scheme": "bearer", "credential_ids": [(6, 0, mine.ids)]})
        self.env.flush_all()
        for credential, secret, status in ((mine, "key-of-plant-3", 202), (other, "key-of-plant-4", 401)):
            with self.subTest(credential=credential.id):
                answer = self.accept(self.body(), {**JSON, "authorization": f"Bearer {secret}"})
                self.assertEqual(answer.status, status)

    def test_what_an_admin_types_wrong_is_said_at_once(self):
        for values, said in (
            ({"scheme": "hmac", "hmac_signed": "{timestamp}"}, "contain {body}"),
            ({"scheme": "certificate"}, "Trusted proxies: enter"),
            ({"allowed_sources": "203.0.113.1/24"}, "not a network range"),
            ({"mapping": "{"}, "Mapping:"),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, said):
                self.endpoint.write(values)
        with self.assertRaisesRegex(ValidationError, "user's name, a colon"):
            self.env["integration.credential"].create(
                {"system_id": self.crm.id, "purpose": "verify", "kind": "login", "secret": "no-colon"}
            )

    def test_nobody_chooses_the_address_of_an_endpoint(self):
        """Who may choose it may guess it, over RPC too."""
        manager = self.endpoint.with_user(self.manager())
        before = self.endpoint.token
        with self.assertRaisesRegex(AccessError, "made by Odoo"):
            manager.token = "a"
        values = {"name": "Chosen", "system_id": self.crm.id}
        with self.assertRaisesRegex(AccessError, "made by Odoo"):
            manager.create({**values, "token": "a"})
        made = manager.with_context(default_token="a").create(values)
        self.assertGreater(len(made.token), 30)
        self.assertEqual(self.endpoint.token, before)


@tagged("post_install", "-at_install")
class TestHandshake(InboxCase, HttpCase):
    def ask(self, origin, path=None):
        response = self.url_open(
            path or self.path, headers={"WebHook-Request-Origin": origin}, method="OPTIONS"
        )
        return (
            response.status_code,
            response.headers.get("WebHook-Allowed-Origin"),
            response.headers.get("WebHook-Allowed-Rate"),
        )

    def test_cloudevents_senders_ask_before_they_send(self):
        self.endpoint.write({"allowed_origins": "eventemitter.example.com", "rate_per_s": 2})
        self.env.flush_all()
        self.assertEqual(self.ask("eventemitter.example.com"), (200, "eventemitter.example.com", "120"))
        self.assertEqual(self.ask("evil.example.com"), (200, None, None))
        self.assertEqual(self.ask("eventemitter.example.com", "/integration/in/nobody"), (200, None, None))
