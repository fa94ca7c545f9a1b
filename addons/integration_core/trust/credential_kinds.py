"""What a credential can be, and how what a person types becomes what is compared or signed with."""

import binascii
import re
import unicodedata

from ..wire import standard_webhooks

SHORTEST_SECRET = 8
FINGERPRINT = re.compile(r"^[0-9a-f]{64}$")


def _text(secret):
    """A shared secret, an API key or a token: its text is the key.

    Composed and decomposed accents are one text (Unicode NFKD), as the carriers that take any text ask.
    """
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"A secret has {SHORTEST_SECRET} characters or more.")
    return unicodedata.normalize("NFKD", secret).encode()


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
    "login": _login,
    "certificate": _fingerprint,
}
# Kinds whose text is no secret: whoever has it can check, and cannot speak for the partner.
PUBLIC = ("standard_webhooks_public", "certificate")


def key_of(kind, secret):
    """:raises ValueError: the text is not of that kind."""
    return KEY_OF[kind](secret)
