"""Our signatures against the known answer of the specification's libraries, and against one of them."""

import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from odoo.addons.integration_core.wire import standard_webhooks as ours

# Known answer, as the reference libraries test it.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID, TIMESTAMP = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def signed(secret=SECRET, message_id=MESSAGE_ID, timestamp=TIMESTAMP, body=BODY):
    return ours.sign([ours.key_of(secret)], message_id, timestamp, body)


def test_known_answer():
    assert signed()["webhook-signature"] == SIGNATURE


@given(
    body=st.text(max_size=2000).map(json.dumps),
    message_id=st.from_regex(r"[A-Za-z0-9_\-]{1,64}", fullmatch=True),
)
def test_the_reference_library_takes_what_we_sign(body, message_id):
    now = int(datetime.now(timezone.utc).timestamp())
    headers = signed(message_id=message_id, timestamp=now, body=body.encode())
    Webhook(SECRET).verify(body, headers)


@given(body=st.binary(max_size=2000).map(lambda b: b.hex()))
def test_we_take_what_the_reference_library_signs(body):
    now = datetime.now(timezone.utc)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    assert ours.verify([ours.key_of(SECRET)], headers, body.encode()) == "msg_1"


def test_either_key_fits_while_a_secret_is_rotated():
    old, new = ours.key_of(ours.new_secret()), ours.key_of(ours.new_secret())
    headers = ours.sign([new, old], MESSAGE_ID, TIMESTAMP, BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for key in (old, new):
        assert ours.verify([key], headers, BODY, now=TIMESTAMP) == MESSAGE_ID


def change(**headers):
    return lambda original: {**original, **{k.replace("_", "-"): v for k, v in headers.items()}}


def drop(name):
    return lambda original: {k: v for k, v in original.items() if k != name}


@pytest.mark.parametrize(
    "tamper",
    [
        drop("webhook-id"),
        drop("webhook-timestamp"),
        drop("webhook-signature"),
        change(webhook_id="msg_other"),
        change(webhook_timestamp=str(TIMESTAMP + 1)),
        change(webhook_timestamp="soon"),
        change(webhook_timestamp="1e9"),
        change(webhook_timestamp="-1"),
        change(webhook_timestamp="\u0661\u0662"),
        change(webhook_timestamp="9" * 400),
        change(webhook_signature=""),
        change(webhook_signature="v1,"),
        change(webhook_signature="v1a," + SIGNATURE[3:]),
        change(webhook_signature=SIGNATURE[3:]),
        change(webhook_signature="v1,\u00e9\u00e9"),
    ],
)
def test_tampered_headers_are_refused(tamper):
    with pytest.raises(ours.VerificationFailed):
        ours.verify([ours.key_of(SECRET)], tamper(signed()), BODY, now=TIMESTAMP)


@pytest.mark.parametrize("off", [-301, 301])
def test_a_timestamp_beyond_the_tolerance_is_refused(off):
    with pytest.raises(ours.VerificationFailed):
        ours.verify([ours.key_of(SECRET)], signed(), BODY, now=TIMESTAMP + off)


@pytest.mark.parametrize("off", [-300, 300])
def test_a_timestamp_at_the_tolerance_is_taken(off):
    assert ours.verify([ours.key_of(SECRET)], signed(), BODY, now=TIMESTAMP + off)


@given(position=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_one_flipped_bit_in_the_body_is_noticed(position, bit):
    body = bytearray(BODY)
    body[position] ^= 1 << bit
    with pytest.raises(ours.VerificationFailed):
        ours.verify([ours.key_of(SECRET)], signed(), bytes(body), now=TIMESTAMP)


@pytest.mark.parametrize(
    ("secret", "says"),
    [("abc", "starts with whsec_"), ("whsec_???", "not base64"), ("whsec_YWJj", "holds 3 bytes")],
)
def test_a_secret_that_is_none_is_explained(secret, says):
    with pytest.raises(ValueError, match=says):
        ours.key_of(secret)
