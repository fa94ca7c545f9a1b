"""Authentication by a client certificate, which a trusted proxy verified and forwards in a header.

The proxy ends TLS, checks the chain, and overwrites the header; nobody else may set it: it counts only
from the addresses that the endpoint names as its proxies. Its forms: ``Client-Cert`` of RFC 9440 (the
certificate between colons), PEM with percent-encoding (as nginx and load balancers write it), or the
SHA-256 fingerprint alone.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timezone
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from odoo.addons.integration_core.policy.sources import is_within
from odoo.addons.integration_core.trust.credential_kinds import KEY_OF
from odoo.addons.integration_core.wire.standard_webhooks import VerificationFailed

LONGEST_HEADER = 16_384


def check_certificate(request, keys, header, proxies, now=None):
    """:param keys: SHA-256 fingerprints. :param proxies: networks that may set ``header``.

    :return: the place of the key that was shown.
    :raises VerificationFailed: it did not come through a proxy, or is none of ``keys``, or has expired.
    """
    if not is_within(request.peer, proxies):
        raise VerificationFailed("the request did not come from a trusted proxy")
    given = request.headers.get(header) or ""
    if not given or len(given) > LONGEST_HEADER:
        raise VerificationFailed("no certificate was shown")
    fingerprint = _fingerprint(given.strip(), now or datetime.now(timezone.utc))
    # A fingerprint is no secret; it is compared like one all the same.
    fits = [hmac.compare_digest(fingerprint, key) for key in keys]
    if not any(fits):
        raise VerificationFailed("the certificate is not known")
    return fits.index(True)


def _fingerprint(text, now):
    try:
        if text.startswith(":") and text.endswith(":"):
            certificate = x509.load_der_x509_certificate(base64.b64decode(text[1:-1], validate=True))
        elif "BEGIN" in text:
            certificate = x509.load_pem_x509_certificate(unquote(text).encode())
        else:
            return KEY_OF["certificate"](text)
    except (ValueError, binascii.Error) as error:
        raise VerificationFailed("the certificate cannot be read") from error
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise VerificationFailed("the certificate is not valid now")
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
