"""What Odoo shows beside its signature, and where: tokens that stay, keys, passwords."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .authorization_server import SECRET
from .proof import ProofCase


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
        self.credential(kind="api_key", secret="nf-live-7f3a99c1")
        self.credential(kind="api_key", secret="nf-live-88888888")
        self.assertEqual(self.shown("bearer", "Authorization"), "Bearer nf-live-88888888")

    def test_a_key_goes_to_the_hosts_alone_that_it_was_given_for(self):
        key = self.credential(
            kind="api_key", secret="nf-live-7f3a99c1", hosts="api.nordfracht.example\n127.0.0.9"
        )
        thief = self.subscribe_to(self.receiver.url, "bearer")
        self.assertIn("is not allowed for 127.0.0.1", thief.secret_problem)
        self.assertEqual(self.sent(thief).state, "pending")
        with self.assertRaisesRegex(UserError, "Add the host under Allowed Hosts"):
            self.env["integration.subscription.test"].create({"subscription_id": thief.id}).action_send()
        manager = key.with_user(self.manager())
        with self.assertRaisesRegex(UserError, "Enter the secret .* again"):
            manager.hosts = "127.0.0.1"
        manager.write({"hosts": "127.0.0.1", "secret": "nf-live-7f3a99c1"})
        self.assertFalse(self.receiver.requests)
        thief.active = False
        self.assertEqual(self.shown("bearer", "Authorization", name="Rightly"), "Bearer nf-live-7f3a99c1")

    def test_a_client_secret_goes_to_no_other_token_endpoint(self):
        values = {"kind": "oauth2_client", "client_id": "odoo", "secret": SECRET}
        credential = self.credential(**values, token_url="https://login.nordfracht.example/token")
        with self.assertRaisesRegex(UserError, "Enter the secret .* again"):
            credential.token_url = "https://login.thief.example/token"
        credential.write({"token_url": "https://login.nordfracht.example/v2/token", "secret": SECRET})

    def test_nothing_that_proves_us_goes_unencrypted_outside_of_the_plant(self):
        self.carrier.allowed_networks = False
        self.credential(kind="api_key", secret="nf-live-7f3a99c1", hosts="api.nordfracht.example")
        subscription = self.subscribe_to("http://api.nordfracht.example/in", "bearer")
        self.assertIn("has to start with https", subscription.secret_problem)
        subscription.url = "https://api.nordfracht.example/in"
        self.assertFalse(subscription.secret_problem)

    def test_hosts_are_named_as_hosts(self):
        for hosts, says in (
            (False, "enter at least one host"),
            ("https://api.nordfracht.example/in", "is not a host"),
            ("*", "is not a host"),
        ):
            with self.assertRaisesRegex(ValidationError, says):
                self.credential(kind="api_key", secret="nf-live-7f3a99c1", hosts=hosts)

    def test_a_key_that_no_header_may_carry_stops_its_subscription_alone(self):
        self.credential(kind="api_key", secret="schlüssel-für-die-fracht")
        subscription = self.subscribe_to(self.receiver.url, "bearer")
        self.assertIn("not allowed in a header", subscription.secret_problem)
        self.assertEqual(self.sent(subscription).state, "pending")

    def test_secrets_have_no_place_among_the_extra_headers(self):
        with self.assertRaisesRegex(ValidationError, "authorization holds a secret"):
            self.subscribe_to(self.receiver.url, "signature", extra_headers="Authorization: Bearer abc")
        with self.assertRaisesRegex(ValidationError, "is set automatically"):
            self.subscribe_to(self.receiver.url, "api_key", key_header="Webhook-Id")
        with self.assertRaisesRegex(ValidationError, "is not a header name"):
            self.subscribe_to(self.receiver.url, "api_key", key_header="X Key")

    def test_a_credential_does_not_become_another(self):
        """As another kind its hosts could be written, and then it could become what it was."""
        key = self.credential(kind="api_key", secret="nf-live-7f3a99c1").with_user(self.manager())
        other = self.system("Thief")
        for changed in (
            {"kind": "oauth2_key", "client_id": "x", "token_url": False},
            {"kind": "client_certificate"},
            {"purpose": "verify"},
            {"system_id": other.id},
        ):
            with self.assertRaisesRegex(UserError, "cannot change the purpose or type"):
                key.write(changed)
        key.write({"kind": "api_key", "purpose": "call", "name": "As the form sends it"})
