"""Secrets that a partner sends back: masked in what is kept of its answer, in the encodings that echoes use.

What a request showed (a key, a token, a signature) is known where its answer is written down. An answer that is
shorter than each of them holds none, and costs nothing.
"""

import base64
import binascii
import html
import json
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

MASK = "•••"
# A password that is shorter is masked together with its user alone: else every answer would be full of masks.
SHORTEST = 4
# Where an answer was cut off, so much of a secret's beginning is masked at its end.
SHORTEST_BEGINNING = 6
# Where the characters of base64 begin that stand for what comes after 0, 1 or 2 other bytes.
BEGINS = (0, 2, 3)
CHANGED = re.compile(r"[^A-Za-z0-9]")


class Sent(NamedTuple):
    """What a request showed. :ivar lasting: keys and tokens. :ivar once: signatures, of this request alone."""

    lasting: tuple = ()
    once: tuple = ()

    def masked(self, text, is_cut=False):
        """``text`` without them. :param is_cut: whether it is only the beginning of an answer."""
        for secret in self.lasting:
            if len(text) >= len(secret):
                text = _without(text, forms(secret), is_cut)
        for secret in self.once:
            if len(text) >= len(secret) and (is_cut or _may_be_in(text, secret)):
                text = _without(text, _forms(secret), is_cut)
        return text


def secrets_in(name, value):
    """What is secret of a header: the key, the token, the user with the password. :return: texts."""
    value = str(value).strip()
    if name in ("authorization", "proxy-authorization"):
        scheme, _, shown = value.partition(" ")
        shown = shown.strip() or scheme
        return (shown, *_login(shown)) if scheme.lower() == "basic" else (shown,)
    return (value,) if value else ()


def signatures_in(value):
    """Of ``webhook-signature``: each without its version (Standard Webhooks 1.0)."""
    return tuple(part.partition(",")[2] or part for part in value.split())


def _login(shown):
    try:
        text = base64.b64decode(shown, validate=True).decode()
    except (binascii.Error, ValueError):
        return ()
    password = text.partition(":")[2]
    return (text, password) if len(password) >= SHORTEST else (text,)


def _forms(secret):
    """A secret as it may stand in a text: itself, escaped (URL, JSON, HTML), in hexadecimal and in base64."""
    raw = secret.encode()
    escaped = {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
    }
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        escaped |= {quoted, _with_small_percents(quoted)}
    encoded = {raw.hex(), raw.hex().upper()}
    for shift in range(3):
        encoded |= _base64_within(raw, shift)
    return tuple(sorted(escaped | encoded, key=len, reverse=True))


forms = lru_cache(maxsize=1024)(_forms)


def _may_be_in(text, secret):
    """Whether a part is there that every form of it has: cheaper than all forms of what is never seen again."""
    raw = secret.encode()
    if _longest_run(secret) in text:
        return True
    spelled = raw.hex()
    if spelled in text or spelled.upper() in text:
        return True
    return any(
        _longest_run(base64.b64encode(bytes(shift) + raw)[begin : (shift + len(raw)) * 8 // 6].decode())
        in text
        for shift, begin in enumerate(BEGINS)
    )


def _longest_run(text):
    """The longest part that no escaping changes."""
    return max(CHANGED.split(text), key=len)


def _with_small_percents(quoted):
    first, *rest = quoted.split("%")
    return first + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)


def _base64_within(raw, shift):
    """The characters that stand for ``raw`` alone where ``shift`` bytes (modulo 3) go before it."""
    begin = BEGINS[shift]
    end = (shift + len(raw)) * 8 // 6
    padded = bytes(shift) + raw
    return {
        base64.b64encode(padded).decode()[begin:end],
        base64.urlsafe_b64encode(padded).decode()[begin:end],
    }


def _without(text, found_as, is_cut):
    for form in found_as:
        if form in text:
            text = text.replace(form, MASK)
    if is_cut:
        for form in found_as:
            for size in range(min(len(form), len(text)) - 1, SHORTEST_BEGINNING - 1, -1):
                if text.endswith(form[:size]):
                    return text[:-size] + MASK
    return text
