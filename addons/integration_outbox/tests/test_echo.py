import base64
import json
from urllib.parse import quote

from odoo.tests import tagged

from ..engine.send import KEEP_BYTES
from .authorization_server import CLIENT_ID, SCOPE, SECRET
from .proof import ProofCase

KEY = "nf-live+7f3a/99c1=x"
# As the leak test looks for secrets, and as servers quote what they got.
ENCODINGS = {
    "plain": str,
    "JSON": lambda text: json.dumps(text).replace("/", "\\/"),
    "URL": lambda text: quote(text, safe=""),
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of more": lambda text: base64.b64encode(f"key: {text}!".encode()).decode(),
}


@tagged("post_install", "-at_install")
class TestEcho(ProofCase):
    """A partner that sends back what it got: nothing that proves us is kept of it."""

    def kept(self, subscription):
        """What one delivery's attempt has of the answer, as it stands in the table."""
        delivery = self.sent(subscription)
        self.env.cr.execute(
            "SELECT concat_ws(E'\\n', reason, response_headers, response_body) FROM integration_attempt"
            " WHERE delivery_id = ANY (%s)",
            [delivery.ids],
        )
        ((kept,),) = self.env.cr.fetchall()
        return kept + (delivery.reason or "")

    def echo(self, headers, _body):
        """The server's error page: the request's headers in the body, one of them in a header."""
        lower = {name.lower(): value for name, value in headers.items()}
        text = "\n".join(
            f"{name} {encoding} {encode(value)}"
            for name, value in lower.items()
            if name in ("authorization", "x-freight-key", "webhook-signature")
            for encoding, encode in ENCODINGS.items()
        )
        seen = lower.get("authorization") or lower.get("x-freight-key") or lower["webhook-signature"]
        return 422, {"x-echo": seen, "location": f"https://login.example/?next={quote(seen)}"}, text.encode()

    def assert_masked(self, kept, *secrets):
        self.assertIn("•••", kept)
        for secret in secrets:
            for encoding, encode in ENCODINGS.items():
                with self.subTest(encoding=encoding):
                    self.assertNotIn(encode(secret).strip('"').rstrip("=")[:-1], kept)

    def signature(self):
        ((headers, _body),) = self.receiver.requests
        return {name.lower(): value for name, value in headers.items()}["webhook-signature"].partition(",")[2]

    def test_a_bearer_token(self):
        self.credential(kind="api_key", secret=KEY)
        self.receiver.echo = self.echo
        self.assert_masked(self.kept(self.subscribe_to(self.receiver.url, "bearer")), KEY, self.signature())

    def test_an_api_key_in_the_partners_own_header(self):
        self.credential(kind="api_key", secret=KEY)
        self.receiver.echo = self.echo
        subscription = self.subscribe_to(self.receiver.url, "api_key", key_header="X-Freight-Key")
        self.assert_masked(self.kept(subscription), KEY, self.signature())

    def test_user_and_password_together_and_the_password_alone(self):
        self.credential(kind="login", secret="Aladdin:open sesame")
        self.receiver.echo = lambda headers, body: (
            400,
            {},
            self.echo(headers, body)[2] + b"\nwrong password: open sesame",
        )
        kept = self.kept(self.subscribe_to(self.receiver.url, "basic"))
        self.assert_masked(kept, "Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "open sesame")

    def test_the_signature_of_a_delivery_that_succeeds(self):
        self.receiver.echo = lambda headers, body: (200, {}, self.echo(headers, body)[2])
        kept = self.kept(self.subscribe_to(self.receiver.url, "signature"))
        self.assert_masked(kept, self.signature())

    def test_an_access_token(self):
        partner = self.partner("client_secret_basic")
        values = {"client_id": CLIENT_ID, "secret": SECRET, "token_scope": SCOPE}
        values["token_url"] = f"{partner.url}/oauth/token"
        self.credential(kind="oauth2_client", **values)
        self.receiver.echo = self.echo
        kept = self.kept(self.subscribe_to(self.receiver.url, "oauth2"))
        (token,) = partner.tokens
        self.assert_masked(kept, token)

    def test_a_client_secret_that_comes_back_as_the_error_of_the_token_endpoint(self):
        secret = "secret-0c55.of.the-client"
        values = {"client_id": "odoo", "secret": secret, "token_url": self.receiver.url}
        self.credential(kind="oauth2_client", **values)
        self.receiver.echo = lambda _headers, _body: (400, {}, json.dumps({"error": secret}).encode())
        kept = self.kept(self.subscribe_to(self.receiver.url, "oauth2"))
        self.assertIn("token endpoint answered 400", kept)
        self.assertNotIn("0c55", kept)

    def test_a_key_that_is_cut_off_with_the_answer(self):
        self.credential(kind="api_key", secret=KEY)
        self.receiver.echo = lambda _headers, _body: (200, {}, b"." * (KEEP_BYTES - 12) + KEY.encode())
        kept = self.kept(self.subscribe_to(self.receiver.url, "bearer"))
        self.assertTrue(kept.endswith("....•••"))

    def test_in_the_dialog_that_sends_a_test(self):
        self.credential(kind="api_key", secret=KEY)
        self.receiver.echo = self.echo
        subscription = self.subscribe_to(self.receiver.url, "bearer")
        test = self.env["integration.subscription.test"].create({"subscription_id": subscription.id})
        test.action_send()
        self.assert_masked(f"{test.response_headers}\n{test.response_body}\n{test.outcome}", KEY)

    def test_an_answer_without_any_is_kept_as_it_is(self):
        answer = '{"accepted": true, "order": "WH/MO/00042", "hint": "nf-live-…"}'
        self.receiver.echo = lambda _headers, _body: (200, {"x-request": "r-1"}, answer.encode())
        kept = self.kept(self.subscribe_to(self.receiver.url, "signature"))
        self.assertIn(answer, kept)
        self.assertNotIn("•••", kept)
