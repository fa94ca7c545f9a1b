"""What a credential can be: how what a person types is kept, and becomes what is compared or signed with."""

import binascii
import hashlib
import re
import unicodedata

from ..wire import standard_webhooks
from . import private_keys

SHORTEST_SECRET = 8
FINGERPRINT = re.compile(r"^[0-9a-f]{64}$")
# What stands for a secret that nobody has to know again.
DIGEST = "sha256:"


def _text(secret):
    """A shared secret, an API key or a token: its text is the key.

    Composed and decomposed accents are one text (Unicode NFKD), as the carriers that take any text ask.
    """
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"A secret has {SHORTEST_SECRET} characters or more.")
    return _plain(secret)


def _plain(text):
    return unicodedata.normalize("NFKD", text).encode()


def shown_digest(text):
    """Of what a partner shows as text: to be compared, in constant time, with the keys of :data:`SHOWN`."""
    return hashlib.sha256(_plain(text)).digest()


def _login(secret):
    name, colon, password = secret.partition(":")
    if not (name and colon and password):
        raise ValueError("Write the user's name, a colon and the password: carrier:x7Kd…")
    return secret.encode()


def _fingerprint(secret):
    text = re.sub(r"[\s:]", "", secret).lower()
    if not FINGERPRINT.match(text):
        raise ValueError("A certificate is named by its SHA-256 fingerprint: 64 hexadecimal digits.")
    return binascii.unhexlify(text)


# Each takes the typed text and raises ValueError with a sentence for the person who typed it.
KEY_OF = {
    "standard_webhooks": standard_webhooks.key_of,
    "standard_webhooks_public": standard_webhooks.public_key_of,
    "shared_secret": _text,
    "api_key": _text,
    "login": _login,
    "certificate": _fingerprint,
    "oauth2_client": _text,
    "oauth2_key": private_keys.signing_key_of,
    "client_certificate": private_keys.identity_of,
}
# Kinds whose text is no secret: whoever has it can check, and cannot speak for the partner.
# What a partner shows to us is only compared: its digest is enough, and nobody can show it in their place.
SHOWN = ("api_key", "login", "oauth2_client")
# What Odoo hands over when it calls: whoever gets it can speak for Odoo.
HANDED_OVER = ("api_key", "login", "oauth2_client")
# What Odoo can make; the partner makes the others.
GENERATED = ("standard_webhooks", "shared_secret", "api_key", "login", "oauth2_client")
# What each purpose can be served with.
KINDS = {
    "sign": ("standard_webhooks",),
    "verify": (
        "standard_webhooks",
        "standard_webhooks_public",
        "shared_secret",
        "api_key",
        "login",
        "certificate",
        "oauth2_client",
    ),
    "call": ("oauth2_client", "oauth2_key", "api_key", "login", "client_certificate"),
}


def kept_text(purpose, kind, secret):
    """What is sealed of a typed secret: itself, or its digest where nobody has to know it again.

    :raises ValueError: the text is not of that kind.
    """
    key = KEY_OF[kind](secret)
    if purpose == "verify" and kind in SHOWN:
        return DIGEST + hashlib.sha256(key).hexdigest()
    return secret


def key_of(purpose, kind, kept):
    """What to sign with or to compare with; of a kind that a partner shows to us, its SHA-256."""
    if purpose == "verify" and kind in SHOWN:
        if kept.startswith(DIGEST):
            return bytes.fromhex(kept[len(DIGEST) :])
        return hashlib.sha256(KEY_OF[kind](kept)).digest()  # sealed by a version that kept the secret
    return KEY_OF[kind](kept)


def fingerprint_of(kind, secret):
    """What two people compare to know that they have the same secret. It helps nobody to guess it."""
    match kind:
        case "login":  # people choose passwords: a part of their digest would tell a guess from the truth
            return secret.partition(":")[0]
        case "standard_webhooks":
            return hashlib.sha256(KEY_OF[kind](secret)).hexdigest()[:12]
        case "oauth2_key" | "client_certificate":
            return private_keys.fingerprint_of(secret)
    return hashlib.sha256(secret.encode()).hexdigest()[:12]
