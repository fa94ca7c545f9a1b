"""How partners prove who they are: each scheme against what its owner published, or its own library."""

import base64
import hashlib
import hmac
import ipaddress
import json
import time
from dataclasses import replace
from datetime import datetime, timezone
from ipaddress import ip_network

import pytest
import stripe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_core.trust.credential_kinds import kept_text
from odoo.addons.integration_core.trust.credential_kinds import key_of as key_of_kept
from odoo.addons.integration_core.wire import standard_webhooks
from odoo.addons.integration_core.wire.standard_webhooks import VerificationFailed
from odoo.addons.integration_inbox.accept.settings import Settings
from odoo.addons.integration_inbox.verification import Request, verify
from odoo.addons.integration_inbox.verification.certificate import check_certificate
from odoo.addons.integration_inbox.verification.hmac_scheme import HmacScheme
from odoo.addons.integration_inbox.verification.schemes import SCHEMES

NOW = 1614265330


def key_of(kind, secret):
    return key_of_kept("verify", kind, kept_text("verify", kind, secret))


def settings(scheme, *keys, **changes):
    values = {
        "id": 1, "scheme": scheme, "keys": keys, "credential_ids": (), "key_networks": (),
        "key_scopes": (("send:*",),) * len(keys), "no_keys": None, "hmac": SCHEMES[scheme].hmac,
        "header": "x-api-key", "id_header": SCHEMES[scheme].id_header, "id_expression": "", "tolerance_s": 300, "networks": (),
        "proxies": (), "largest": 1 << 20, "rate": 0, "burst": 1, "most_waiting": 0, "patterns": ("*",),
        "unknown_policy": "refuse", "batch_policy": "all", "mapping": "", "origins": (), "source": "/system/1",
    }  # fmt: skip
    return Settings(**{**values, **changes})


def request(body, headers, address="203.0.113.7", peer="10.0.0.2"):
    return Request({name.lower(): value for name, value in headers.items()}, body, address, peer)


def fits(made, body, headers, now=None, **where):
    """Whether a request is accepted; and that it is not with one byte of its body changed."""
    try:
        verify(made, request(body, headers, **where), now=now)
    except VerificationFailed:
        return False
    return True


# -- known answers, as their owners published them -----------------------------------------------

# Standard Webhooks, reference library for Go, its test of the asymmetric scheme.
V1A_SEED = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
V1A_SIGNATURE = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
MESSAGE_ID, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'


def public_text(private):
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return "whpk_" + base64.b64encode(raw).decode()


def test_standard_webhooks_v1a_known_answer():
    private = standard_webhooks.private_key_of(V1A_SEED)
    headers = standard_webhooks.sign([private], MESSAGE_ID, NOW, BODY)
    assert headers["webhook-signature"] == V1A_SIGNATURE
    made = settings("standard_webhooks", key_of("standard_webhooks_public", public_text(private)))
    assert fits(made, BODY, headers, NOW)
    assert not fits(made, BODY + b" ", headers, NOW)


def test_github_known_answer():
    # docs.github.com, "Validating webhook deliveries".
    made = settings("github", key_of("shared_secret", "It's a Secret to Everybody"))
    headers = {
        "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    }
    assert fits(made, b"Hello, World!", headers)
    assert not fits(made, b"Hello, World?", headers)


SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def test_slack_known_answer():
    # api.slack.com, "Verifying requests from Slack".
    made = settings("slack", key_of("shared_secret", "8f742231b10e8888abcd99yyyzzz85a5"))
    headers = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    assert fits(made, SLACK_BODY, headers, 1531420618 + 60)
    assert not fits(made, SLACK_BODY, headers, 1531420618 + 301)
    assert not fits(made, SLACK_BODY, {**headers, "X-Slack-Request-Timestamp": "1531420619"}, 1531420619)


def test_shopify_agrees_with_another_implementation():
    # Shopify publishes no example; this one is from the tests of SQLPage's "hmac" function.
    made = settings("shopify", key_of("shared_secret", "test-webhook-secret"))
    body = b'{"id":1234567890,"email":"customer@example.com","total_price":"123.45"}'
    headers = {"X-Shopify-Hmac-Sha256": "QNyObTlKbMx2qDlPF/ZOZcBqg5OgPg+2oky3zldc0Gw="}
    assert fits(made, body, headers)
    assert not fits(made, body.replace(b"123", b"124"), headers)


STRIPE_SECRET = "whsec_Nordwind-line-2-test-secret"
STRIPE_EVENT = json.dumps(
    {
        "id": "evt_1Pgc76",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {"object": {"amount": 129900}},
    }
).encode()


def test_stripes_library_takes_what_the_scheme_signs():
    headers = SCHEMES["stripe"].hmac.sign(
        key_of("shared_secret", STRIPE_SECRET), STRIPE_EVENT, int(time.time())
    )
    event = stripe.Webhook.construct_event(STRIPE_EVENT, headers["stripe-signature"], STRIPE_SECRET)
    assert event["id"] == "evt_1Pgc76"


def test_what_stripes_library_signs_is_taken():
    now = int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{now}.{STRIPE_EVENT.decode()}", STRIPE_SECRET)
    made = settings("stripe", key_of("shared_secret", STRIPE_SECRET))
    assert fits(
        made, STRIPE_EVENT, {"Stripe-Signature": f"t={now},v1={signature},v0=6ffbb59b2300aae63f27240"}
    )
    # While a secret is rolled there are several of one scheme.
    rolled = f"t={now},v1={'0' * 64},v1={signature}"
    assert fits(made, STRIPE_EVENT, {"Stripe-Signature": rolled})
    assert not fits(made, STRIPE_EVENT, {"Stripe-Signature": f"t={now - 1},v1={signature}"})
    assert not fits(made, STRIPE_EVENT, {"Stripe-Signature": f"t={now},v0={signature}"})


def test_easypost_signs_with_the_decomposed_secret():
    # Its documentation: HMAC-SHA256 over the raw body, secret in NFKD, "hmac-sha256-hex=" before it.
    body = b'{"description": "tracker.updated"}'
    digest = hmac.new("se\u0301cret-42".encode(), body, hashlib.sha256).hexdigest()
    made = settings("easypost", key_of("shared_secret", "s\u00e9cret-42"))
    assert fits(made, body, {"X-Hmac-Signature": "hmac-sha256-hex=" + digest})
    assert not fits(made, body, {"X-Hmac-Signature": digest})


def test_basic_known_answer():
    # RFC 7617, section 2.
    made = settings("basic", key_of("login", "Aladdin:open sesame"))
    assert fits(made, b"{}", {"Authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="})
    assert fits(made, b"{}", {"Authorization": "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="})
    for wrong in (
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZg==",
        "Basic !!",
        "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "",
    ):
        assert not fits(made, b"{}", {"Authorization": wrong})


def test_bearer_known_answer():
    # RFC 6750, section 2.1.
    made = settings("bearer", key_of("api_key", "mF_9.B5f-4.1JqM"))
    assert fits(made, b"{}", {"Authorization": "Bearer mF_9.B5f-4.1JqM"})
    assert not fits(made, b"{}", {"Authorization": "Bearer mF_9.B5f-4.1Jq"})


def test_api_key_in_the_header_that_is_agreed():
    made = settings("api_key", key_of("api_key", "k-7f3a99c1"), header="x-plant-key")
    assert fits(made, b"{}", {"X-Plant-Key": "k-7f3a99c1"})
    assert not fits(made, b"{}", {"X-Api-Key": "k-7f3a99c1"})
    assert not fits(made, b"{}", {"X-Plant-Key": "k-7f3a99c1 "})


# -- a certificate that a proxy has checked ------------------------------------------------------

# RFC 9440, appendix A, the example's Client-Cert header; valid in 2020.
CLIENT_CERT = (
    ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6MRswGQYDVQQKDBJMZXQncyBBdXRoZW50aWNhdGUxGzAZBgNVBAMMEkxBIEludGVybWVk"
    "aWF0ZSBDQTAeFw0yMDAxMTQyMjU1MzNaFw0yMTAxMjMyMjU1MzNaMA0xCzAJBgNVBAMMAkJDMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8Y"
    "nXXfaUgmnMtOXU/IncWalRhebrXmckC8vdgJ1p5Be5F/3YC8OthxM4+k1M6aEAEFcGzkJiNy6J84y7uzo9M6NyMHAwCQYDVR0TBAIwADAfBgNV"
    "HSMEGDAWgBRm3WjLa38lbEYCuiCPct0ZaSED2DAOBgNVHQ8BAf8EBAMCBsAwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYDVR0RAQH/BBMwEYEPYm"
    "RjQGV4YW1wbGUuY29tMAoGCCqGSM49BAMCA0gAMEUCIBHda/r1vaL6G3VliL4/Di6YK0Q6bMjeSkC3dFCOOB8TAiEAx/kHSB4urmiZ0NX5r5XarmPk0"
    "wmuydBVoU4hBVZ1yhk=:"
)
IN_2020 = datetime(2020, 6, 1, tzinfo=timezone.utc)
PROXIES = (ip_network("10.0.0.0/24"),)
FINGERPRINT = hashlib.sha256(base64.b64decode(CLIENT_CERT.strip(":"))).hexdigest()


def test_a_certificate_counts_from_a_trusted_proxy_only():
    key = key_of("certificate", FINGERPRINT.upper())

    def check(value=CLIENT_CERT, peer="10.0.0.2", now=IN_2020, keys=(key,)):
        check_certificate(request(b"", {"Client-Cert": value}, peer=peer), keys, "client-cert", PROXIES, now)

    check()
    check(":".join(FINGERPRINT[i : i + 2] for i in range(0, 64, 2)))
    for wrong in (
        {"peer": "203.0.113.7"},
        {"peer": ""},
        {"now": datetime(2021, 6, 1, tzinfo=timezone.utc)},
        {"value": "not a certificate"},
        {"value": ":AAAA:"},
        {"value": ""},
        {"keys": (bytes(32),)},
    ):
        with pytest.raises(VerificationFailed):
            check(**wrong)


# -- what holds for all --------------------------------------------------------------------------


def test_ranges_of_addresses_come_on_top_of_any_scheme():
    made = settings("bearer", key_of("api_key", "token-of-line-2"), networks=(ip_network("203.0.113.0/24"),))
    headers = {"Authorization": "Bearer token-of-line-2"}
    assert fits(made, b"{}", headers)
    assert fits(made, b"{}", headers, address="::ffff:203.0.113.9")
    for other in ("198.51.100.1", "", "garbage", "2001:db8::1"):
        assert not fits(made, b"{}", headers, address=other)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha384", "sha1"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"prefix": "sig="},
        {"signed": "{timestamp}.{body}", "timestamp": "x-time"},
        {"signed": "{id}|{body}|{timestamp}", "timestamp": "x-time", "id_header": "x-id"},
    ],
)
def test_a_described_hmac_takes_what_is_signed_so_and_nothing_else(algorithm, encoding, shape):
    scheme = HmacScheme("x-sign", algorithm, encoding, **shape)
    body = b'{"lot": "GX40-2611-0007"}'
    headers = scheme.sign(b"k" * 16, body, NOW, "m-1")
    made = settings("hmac", b"k" * 16, hmac=scheme)
    assert fits(made, body, headers, NOW)
    assert not fits(made, body + b"\n", headers, NOW)
    assert not fits(replace(made, keys=(b"j" * 16,)), body, headers, NOW)
    if "timestamp" in shape:
        assert not fits(made, body, headers, NOW + 301)
        assert not fits(made, body, {**headers, "x-time": str(NOW + 1)}, NOW)
        assert not fits(made, body, {**headers, "x-time": "soon"}, NOW)
    if "id_header" in shape:
        assert not fits(made, body, {**headers, "x-id": "m-2"}, NOW)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ({"signed": "{timestamp}"}, "contain {body}"),
        ({"signed": "{body}{body}"}, "contain {body}"),
        ({"signed": "{timestamp}.{body}"}, "name the header"),
        ({"signed": "{id}.{body}"}, "name the header"),
        ({"signed": "{nonce}.{body}"}, "{nonce} is not known"),
    ],
)
def test_what_does_not_go_together_is_said_when_it_is_typed(shape, said):
    with pytest.raises(ValueError, match=said):
        HmacScheme("x-sign", **shape)


def test_while_keys_are_rotated_any_of_them_fits():
    old, new = (standard_webhooks.key_of(standard_webhooks.new_secret()) for _ in range(2))
    private = Ed25519PrivateKey.generate()
    made = settings("standard_webhooks", new, old, private.public_key())
    for key, place in ((old, 1), (new, 0), (private, 2)):
        headers = standard_webhooks.sign([key], "m", NOW, BODY)
        assert fits(made, BODY, headers, NOW)
        assert verify(made, request(BODY, headers), now=NOW) == place, "which of them it was"
    both = standard_webhooks.sign([Ed25519PrivateKey.generate(), old], "m", NOW, BODY)
    assert fits(made, BODY, both, NOW)
    assert not fits(made, BODY, standard_webhooks.sign([Ed25519PrivateKey.generate()], "m", NOW, BODY), NOW)


def test_a_key_may_be_used_from_its_own_ranges_alone():
    old, new = (standard_webhooks.key_of(standard_webhooks.new_secret()) for _ in range(2))
    ranges = ((), (ipaddress.ip_network("203.0.113.0/24"),))
    made = settings("standard_webhooks", new, old, key_networks=ranges)
    for key, address, is_taken in (
        (old, "203.0.113.7", True),
        (old, "198.51.100.1", False),
        (new, "198.51.100.1", True),
    ):
        headers = standard_webhooks.sign([key], "m", NOW, BODY)
        assert fits(made, BODY, headers, NOW, address=address) == is_taken


def test_without_keys_or_endpoint_nothing_is_taken():
    headers = standard_webhooks.sign([bytes(32)], "m", NOW, BODY)
    assert not fits(settings("standard_webhooks"), BODY, headers, NOW)
    assert not fits(None, BODY, headers, NOW)


@given(
    name=st.sampled_from(sorted(SCHEMES)),
    body=st.binary(max_size=200),
    values=st.lists(
        st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n\0")), max_size=6
    ),
)
def test_no_header_gets_past_or_breaks_a_scheme(name, body, values):
    scheme = SCHEMES[name]
    key = bytes(range(32)) if name != "standard_webhooks" else Ed25519PrivateKey.generate().public_key()
    hmac_scheme = scheme.hmac or (HmacScheme("x-sign") if name == "hmac" else None)
    made = settings(name, key, hmac=hmac_scheme, proxies=PROXIES, header="client-cert")
    wanted = [
        "webhook-id", "webhook-timestamp", "webhook-signature", "authorization", "client-cert", "x-sign",
        *([hmac_scheme.header, hmac_scheme.timestamp] if hmac_scheme else []),
    ]  # fmt: skip
    headers = dict(zip([header for header in wanted if header], values, strict=False))
    assert not fits(made, body, headers)
