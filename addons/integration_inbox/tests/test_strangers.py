import hashlib
import hmac
import secrets
from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.tests import tagged

from odoo.addons.integration_core.trust.throttle import GUESSES
from odoo.addons.integration_core.wire import standard_webhooks

from ..accept import accept
from ..verification import Request, hmac_scheme
from .common import InboxCase

BODY = b"x" * 50_000


class Counted:
    """An HMAC that counts the bytes that it digests, over all of its copies."""

    def __init__(self, real, total):
        self.real, self.total = real, total

    def copy(self):  # pylint: disable=method-required-super
        return Counted(self.real.copy(), self.total)

    def update(self, data):
        self.total.append(len(data))
        self.real.update(data)

    def digest(self):
        return self.real.digest()


@tagged("post_install", "-at_install")
class TestStrangers(InboxCase):
    """What somebody who proves nothing can make the server compute."""

    def setUp(self):
        super().setUp()
        self.env["integration.endpoint"].search([("id", "!=", self.endpoint.id)]).active = False
        self.endpoint.max_body_kb = 64

    def post(self, token, headers=None, body=BODY, address="203.0.113.66"):
        request = Request(headers or self.wrong(body), body, address)
        return accept(self.env(user=SUPERUSER_ID), self.env.cr, token, request)

    def wrong(self, body=BODY):
        return self.headers(body, secret=standard_webhooks.new_secret())

    def digested(self, *args, **kwargs):
        """How many bytes of bodies one request has digested. :return: ``(status, bytes)``."""
        total, new = [], hmac.new

        def counted(key, msg=None, digestmod=None):
            mac = Counted(new(key, digestmod=digestmod), total)
            if msg:
                mac.update(msg)
            return mac

        sha256 = hashlib.sha256
        caches = standard_webhooks._begun, hmac_scheme._begun
        for cache in caches:
            cache.cache_clear()
            self.addCleanup(cache.cache_clear)
        with (
            patch.object(hmac, "new", counted),
            patch.object(hashlib, "sha256", lambda data=b"": total.append(len(data)) or sha256(data)),
        ):
            status = self.post(*args, **kwargs).status
        return status, sum(size for size in total if size >= 1000)

    def test_a_refusal_costs_one_digest_of_the_body_wherever_it_was_posted(self):
        cases = {
            "a wrong secret": {"token": self.endpoint.token},
            "no signature": {"token": self.endpoint.token, "headers": {"content-type": "application/json"}},
            "an unknown address": {"token": "nobody-lives-here"},
            "an unknown address, no signature": {"token": "nobody", "headers": {"content-type": "x/y"}},
        }
        for case, values in cases.items():
            headers = values.get("headers") or self.wrong()  # signing digests, too
            with self.subTest(case):
                self.assertEqual(self.digested(values["token"], headers), (401, len(BODY)))

    def test_while_a_secret_is_changed_it_costs_two_everywhere(self):
        self.crm.action_new_verification_secret()
        wrong = self.wrong()
        for token in (self.endpoint.token, "nobody-lives-here"):
            self.assertEqual(self.digested(token, wrong), (401, 2 * len(BODY)))

    def test_so_does_one_that_proves_itself_otherwise(self):
        self.endpoint.write({"scheme": "api_key"})
        self.assertEqual(self.digested(self.endpoint.token, {"x-api-key": "guess-guess"}), (401, len(BODY)))

    def test_a_body_that_no_endpoint_takes_is_not_digested(self):
        large = b"x" * (64 * 1024 + 1)
        wrong = self.wrong(large)
        answers = {token: self.digested(token, wrong, large) for token in (self.endpoint.token, "nobody")}
        self.assertEqual(set(answers.values()), {(413, 0)}, "known or not")

    def test_random_addresses_are_slowed_down_by_who_posts_to_them(self):
        wrong, most = self.wrong(b"{}"), GUESSES.of_sender.burst
        statuses = [self.post(secrets.token_urlsafe(24), wrong, b"{}").status for _ in range(most + 5)]
        self.assertEqual(statuses, [401] * most + [429] * 5)
        self.assertEqual(self.digested(secrets.token_urlsafe(24), wrong), (429, 0), "nothing is digested")
        self.assertEqual(self.digested(self.endpoint.token, wrong), (429, 0), "a known one looks alike")
        body = self.body()
        self.assertEqual(self.post(self.endpoint.token, self.headers(body), body, "10.1.2.3").status, 202)

    def test_addresses_of_one_ipv6_network_are_one_sender(self):
        wrong, most = self.wrong(b"{}"), GUESSES.of_sender.burst
        for number in range(most):
            self.post(f"token-{number}", wrong, b"{}", f"2001:db8:7:7::{number:x}")
        self.assertEqual(self.post("another", wrong, b"{}", "2001:db8:7:7:ffff::1").status, 429)
        self.assertEqual(self.post("another", wrong, b"{}", "2001:db8:7:8::1").status, 401)

    def test_broken_senders_of_a_plant_behind_one_address_leave_room_for_the_others(self):
        """What is looked at of ten senders that never get it right is less than what one address may fail."""
        self.assertGreaterEqual(GUESSES.of_sender.burst, 10 * GUESSES.of_target.burst)
        self.assertGreaterEqual(GUESSES.of_sender.rate_per_s, 10 * GUESSES.of_target.rate_per_s)
        wrong = self.wrong(b"{}")
        for sender in range(9):
            for _ in range(40):
                self.post(f"broken-{sender}", wrong, b"{}")
        body = self.body()
        self.assertEqual(self.post(self.endpoint.token, self.headers(body), body).status, 202)

    def test_many_signatures_with_public_keys_cost_two_verifications_at_most(self):
        key = standard_webhooks.Ed25519PrivateKey.generate()
        checked = []
        with patch.object(standard_webhooks, "_is_signed", lambda *_args: checked.append(1) and False):
            headers = {
                standard_webhooks.ID: "msg_1",
                standard_webhooks.TIMESTAMP: "1763990000",
                standard_webhooks.SIGNATURE: " ".join(["v1a,AAAA"] * 8),
            }
            with self.assertRaises(standard_webhooks.VerificationFailed):
                standard_webhooks.verify([key.public_key()], headers, b"{}", now=1763990000)
        self.assertEqual(len(checked), standard_webhooks.MOST_PUBLIC_SIGNATURES)
