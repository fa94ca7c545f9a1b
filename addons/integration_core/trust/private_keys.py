"""Private keys that Odoo proves itself with when it calls: in a TLS handshake, or by a signed assertion.

Texts are PEM (RFC 7468), unencrypted: they are sealed like every secret.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

# NIST SP 800-57 part 1, table 2: less is no longer 112 bits strong.
SMALLEST_RSA_BITS = 2048
PRIVATE = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)


@dataclass(frozen=True)
class SigningKey:
    """:ivar pem: of the private key. :ivar algorithm: as JOSE names it (RFC 7518, section 3.1)."""

    pem: str
    algorithm: str


@dataclass(frozen=True)
class Identity:
    """:ivar chain: the certificate and those that vouch for it, PEM. :ivar key: its private key, PEM.
    :ivar ends_at: when the certificate ends, in UTC.
    """

    chain: bytes
    key: bytes
    ends_at: datetime


def signing_key_of(text):
    """:raises ValueError: it is no private key that a JOSE algorithm signs with."""
    key = _private_key(text)
    match key:
        case rsa.RSAPrivateKey() if key.key_size >= SMALLEST_RSA_BITS:
            return SigningKey(text, "RS256")
        case ec.EllipticCurvePrivateKey() if isinstance(key.curve, ec.SECP256R1):
            return SigningKey(text, "ES256")
    # Not Ed25519: its old name is deprecated (RFC 9864), and few token endpoints know the new one.
    raise ValueError("The key has to be RSA with 2048 bits or more, or P-256.")


def new_signing_key():
    """A fresh P-256 key, PEM."""
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def public_key_of(text):
    """The public half of a signing key, PEM: for the partner."""
    key = _private_key(text).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def identity_of(text):
    """A certificate with those that vouch for it, and its private key.

    :raises ValueError: one of them is missing, or the key is another certificate's.
    """
    try:
        chain = x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise ValueError(
            "There is no certificate in it: paste the PEM that begins BEGIN CERTIFICATE."
        ) from error
    key = _private_key(text)
    if _public_bytes(key) != _public_bytes(chain[0]):
        raise ValueError("The private key is not the first certificate's.")
    return Identity(
        b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain),
        _pem(key).encode(),
        chain[0].not_valid_after_utc.replace(tzinfo=None),
    )


def fingerprint_of(text):
    """The start of the SHA-256 of the certificate, or of the public key."""
    try:
        public = x509.load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER)
    except ValueError:
        public = _public_bytes(_private_key(text))
    return hashlib.sha256(public).hexdigest()[:12]


def _private_key(text):
    block = PRIVATE.search(text)
    if not block:
        raise ValueError("There is no private key in it: paste the PEM that begins BEGIN PRIVATE KEY.")
    try:
        return load_pem_private_key(block[0].encode(), password=None)
    except TypeError as error:
        raise ValueError("The private key has a password: paste it without, it is sealed here.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("The private key cannot be read.") from error


def _pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public_bytes(of):
    return of.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
