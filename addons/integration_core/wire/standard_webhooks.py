"""Standard Webhooks 1.0, symmetric scheme ``v1``.

Source: the Standard Webhooks specification, sections "Verifying signatures" and "Signature scheme":
the signed content is ``{webhook-id}.{webhook-timestamp}.{body}``, the signature HMAC-SHA256 in base64
with the prefix ``v1,``; a secret is ``whsec_`` and 24 to 64 random bytes in base64; the header may
carry several signatures, separated by spaces, of which one has to fit.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from functools import lru_cache

SECRET_PREFIX = "whsec_"  # noqa: S105, what secrets begin with
SECRET_BYTES = 32
SHORTEST_SECRET_BYTES, LONGEST_SECRET_BYTES = 24, 64
TOLERANCE_S = 300
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class VerificationFailed(Exception):
    """The request is not what its sender signed. Says why, for the log, never for the sender."""


def new_secret():
    """A fresh secret as both sides write it, ``whsec_…``."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret):
    """The bytes of a ``whsec_`` secret.

    :raises ValueError: with a sentence for the person who typed it.
    """
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError("A Standard Webhooks secret starts with whsec_.")
    try:
        key = base64.b64decode(secret[len(SECRET_PREFIX) :], validate=True)
    except binascii.Error as error:
        raise ValueError("What follows whsec_ is not base64: some of it may be missing.") from error
    if not SHORTEST_SECRET_BYTES <= len(key) <= LONGEST_SECRET_BYTES:
        raise ValueError(
            f"The secret holds {len(key)} bytes; Standard Webhooks asks for "
            f"{SHORTEST_SECRET_BYTES} to {LONGEST_SECRET_BYTES}."
        )
    return key


@lru_cache(maxsize=1024)
def _begun(key):
    """An HMAC with its key worked in. A copy of it is half the work of a new one, and keeps the GIL."""
    return hmac.new(key, digestmod=hashlib.sha256)


def _signature(key, message_id, timestamp, body):
    mac = _begun(key).copy()
    mac.update(f"{message_id}.{timestamp}.".encode() + body)
    return "v1," + base64.b64encode(mac.digest()).decode()


def sign(keys, message_id, timestamp, body):
    """The three headers for ``body``.

    :param keys: one key, or two while a secret is being rotated (bytes).
    :param message_id: the same on every retry of the same event.
    :param timestamp: whole seconds since 1970.
    """
    return {
        ID: message_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: " ".join(_signature(key, message_id, timestamp, body) for key in keys),
    }


def verify(keys, headers, body, tolerance_s=TOLERANCE_S, now=None):
    """Check the three headers over the raw ``body``.

    :param keys: the keys that are valid now; each is tried, in constant time.
    :param headers: a mapping; names in lower case, or one that ignores case.
    :return: the message id.
    :raises VerificationFailed: a header is missing or malformed, the clock is off by more than
        ``tolerance_s`` seconds, or no signature fits.
    """
    message_id, timestamp, given = (headers.get(name) for name in (ID, TIMESTAMP, SIGNATURE))
    if not (message_id and timestamp and given):
        raise VerificationFailed("a webhook header is missing")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise VerificationFailed("webhook-timestamp is not a whole number of seconds")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance_s:
        raise VerificationFailed("webhook-timestamp is too far from our clock")
    candidates = [part.encode() for part in given.split(" ") if part.startswith("v1,")]
    fits = False
    for key in keys:
        expected = _signature(key, message_id, timestamp, body).encode()
        for candidate in candidates[:8]:
            fits |= hmac.compare_digest(expected, candidate)
    if not fits:
        raise VerificationFailed("no signature fits")
    return message_id
