"""Sealing of one secret: AES-256-GCM, bound to the record and field that it belongs to.

A sealed text is ``s1.<key name>.<base64 of nonce and ciphertext>``. The place (``model,id,field``) is
authenticated with it (NIST SP 800-38D, additional data): copied to another row it does not open.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "s1"
NONCE_BYTES = 12


class Sealed(Exception):
    """The secret cannot be opened here. The text says why, for an operator; it holds no secret."""


def seal(secret, place, keys):
    """:param keys: ``{name: key}``, the first one seals. :param place: ``"model,id,field"``."""
    name, key = next(iter(keys.items()))
    nonce = os.urandom(NONCE_BYTES)
    box = nonce + AESGCM(key).encrypt(nonce, secret.encode(), place.encode())
    return f"{VERSION}.{name}.{base64.b64encode(box).decode()}"


def unseal(sealed, place, keys):
    """The secret in ``sealed``.

    :raises Sealed: its key is not on this server, or it belongs to another place or was altered.
    """
    version, _, rest = sealed.partition(".")
    name, _, encoded = rest.rpartition(".")
    if version != VERSION:
        raise Sealed("sealed in a way that this version does not know")
    if name not in keys:
        raise Sealed(f"sealed: key {name} is not available on this server")
    try:
        box = base64.b64decode(encoded, validate=True)
        return AESGCM(keys[name]).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise Sealed(f"sealed with another key named {name}, or moved from another record") from error
