"""Standard Webhooks 1.0: the symmetric scheme ``v1`` and the asymmetric scheme ``v1a``.

Source: the Standard Webhooks specification, sections "Verifying signatures" and "Signature scheme":
the signed content is ``{webhook-id}.{webhook-timestamp}.{body}``. ``v1,`` precedes an HMAC-SHA256 in
base64, whose secret is ``whsec_`` and 24 to 64 random bytes in base64; ``v1a,`` an ed25519 signature,
whose keys are ``whsk_`` (private, a seed of 32 bytes) and ``whpk_`` (public). The header may carry
several signatures, separated by spaces, of which one has to fit.

A key is ``bytes`` for ``v1`` and an ed25519 key for ``v1a``.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SECRET_PREFIX = "whsec_"  # noqa: S105, what secrets begin with
PRIVATE_PREFIX, PUBLIC_PREFIX = "whsk_", "whpk_"
SECRET_BYTES = 32
ED25519_BYTES = 32
SHORTEST_SECRET_BYTES, LONGEST_SECRET_BYTES = 24, 64
TOLERANCE_S = 300
# So many signatures of one header are looked at; of v1a, of which each digests the body anew, so many.
MOST_SIGNATURES = 8
MOST_PUBLIC_SIGNATURES = 2
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class VerificationFailed(Exception):
    """The request is not what its sender signed. Says why, for the log, never for the sender.

    :ivar digests: how many digests of the body it took to find out.
    """

    def __init__(self, why, digests=0):
        super().__init__(why)
        self.digests = digests


def new_secret():
    """A fresh secret as both sides write it, ``whsec_…``."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret):
    """The bytes of a ``whsec_`` secret.

    :raises ValueError: with a sentence for the person who typed it.
    """
    key = _decoded(secret, SECRET_PREFIX)
    if not SHORTEST_SECRET_BYTES <= len(key) <= LONGEST_SECRET_BYTES:
        raise ValueError(
            f"The secret holds {len(key)} bytes; Standard Webhooks asks for "
            f"{SHORTEST_SECRET_BYTES} to {LONGEST_SECRET_BYTES}."
        )
    return key


def public_key_of(text):
    """The key of a ``whpk_`` text, which senders of ``v1a`` hand out.

    :raises ValueError: with a sentence for the person who typed it.
    """
    return Ed25519PublicKey.from_public_bytes(_ed25519_bytes(text, PUBLIC_PREFIX))


def private_key_of(text):
    """The key of a ``whsk_`` text, which signs ``v1a``.

    :raises ValueError: with a sentence for the person who typed it.
    """
    return Ed25519PrivateKey.from_private_bytes(_ed25519_bytes(text, PRIVATE_PREFIX))


def _ed25519_bytes(text, prefix):
    key = _decoded(text, prefix)
    if len(key) != ED25519_BYTES:
        raise ValueError(f"The key holds {len(key)} bytes; an ed25519 key has {ED25519_BYTES}.")
    return key


def _decoded(text, prefix):
    if not text.startswith(prefix):
        raise ValueError(f"A Standard Webhooks key of this kind starts with {prefix}.")
    try:
        return base64.b64decode(text[len(prefix) :], validate=True)
    except binascii.Error as error:
        raise ValueError(f"What follows {prefix} is not base64: some of it may be missing.") from error


@lru_cache(maxsize=1024)
def _begun(key):
    """An HMAC with its key worked in. A copy of it is half the work of a new one, and keeps the GIL."""
    return hmac.new(key, digestmod=hashlib.sha256)


def _head(message_id, timestamp):
    """What precedes the body in what is signed; a large body is not copied to stand behind it."""
    return f"{message_id}.{timestamp}.".encode()


def _digest(key, head, body):
    mac = _begun(key).copy()
    mac.update(head)
    mac.update(body)
    return mac.digest()


def _signature(key, message_id, timestamp, body):
    head = _head(message_id, timestamp)
    if isinstance(key, Ed25519PrivateKey):
        return "v1a," + base64.b64encode(key.sign(head + body)).decode()
    return "v1," + base64.b64encode(_digest(key, head, body)).decode()


def sign(keys, message_id, timestamp, body):
    """The three headers for ``body``.

    :param keys: one key, or two while a secret is being rotated; bytes, or private ed25519 keys.
    :param message_id: the same on every retry of the same event.
    :param timestamp: whole seconds since 1970.
    """
    return {
        ID: message_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: " ".join(_signature(key, message_id, timestamp, body) for key in keys),
    }


def verify(keys, headers, body, tolerance_s=TOLERANCE_S, now=None):
    """Check the three headers over the raw ``body``. :return: the message id. As :func:`fitting`."""
    fitting(keys, headers, body, tolerance_s, now)
    return headers.get(ID)


def fitting(keys, headers, body, tolerance_s=TOLERANCE_S, now=None):
    """Which key the sender signed with.

    :param keys: the keys that are valid now, bytes or public ed25519 keys; each is tried, in constant time.
    :param headers: a mapping; names in lower case, or one that ignores case.
    :return: its place in ``keys``.
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
    head = _head(message_id, timestamp)
    signatures = [part.partition(",") for part in given.split(" ")[:MOST_SIGNATURES]]
    fits = [_fits(key, head, body, signatures) for key in keys]
    if not any(fits):
        raise VerificationFailed("no signature fits", len(keys))
    return fits.index(True)


def _fits(key, head, body, signatures):
    if isinstance(key, Ed25519PublicKey):
        texts = [text for version, _, text in signatures if version == "v1a"][:MOST_PUBLIC_SIGNATURES]
        return any(_is_signed(key, head + body, text) for text in texts)
    expected = base64.b64encode(_digest(key, head, body))
    fits = False
    for version, _, text in signatures:
        if version == "v1":
            fits |= hmac.compare_digest(expected, text.encode())
    return fits


def _is_signed(key, content, text):
    try:
        key.verify(base64.b64decode(text, validate=True), content)
    except (InvalidSignature, binascii.Error):
        return False
    return True
