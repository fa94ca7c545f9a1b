"""Authentication by API key, bearer token, or user and password."""

import base64
import binascii
import hashlib
import hmac

from odoo.addons.integration_core.trust.credential_kinds import shown_digest
from odoo.addons.integration_core.wire.standard_webhooks import VerificationFailed


def check_api_key(request, keys, header):
    """:param keys: SHA-256 digests, as in all of these.
    :return: the place of the key that was shown.
    :raises VerificationFailed: the header is missing, or its value is none of ``keys``.
    """
    return _check(request.headers.get(header), keys)


def check_bearer(request, keys):
    """``Authorization: Bearer …`` (RFC 6750, section 2.1).

    :raises VerificationFailed: it is missing, or none of ``keys``.
    """
    return _check(bearer_of(request), keys)


def check_basic(request, keys):
    """``Authorization: Basic …`` (RFC 7617, section 2); a key is the digest of ``user:password``.

    :raises VerificationFailed: it is missing, not base64, or none of ``keys``.
    """
    given = _authorization(request, "basic")
    try:
        login = base64.b64decode(given, validate=True) if given else None
    except (binascii.Error, ValueError) as error:
        raise VerificationFailed("the Authorization header is not base64") from error
    return _compare(hashlib.sha256(login).digest() if login else None, keys)


def check_access(access, credential_ids, resource):
    """An access token of ours (RFC 6750).

    :param access: what its look-up found, or ``None``. :param resource: what stands for this endpoint.
    :return: the place of the credential that it was made for.
    :raises VerificationFailed: it is none, has ended, or was made for something else.
    """
    if access is None or access.credential_id not in credential_ids:
        raise VerificationFailed("the access token is not known, has ended, or is another system's")
    if access.resource and access.resource != resource:
        raise VerificationFailed("the access token was made for another resource")
    return credential_ids.index(access.credential_id)


def bearer_of(request):
    """What stands in ``Authorization: Bearer …``, or ``None``."""
    return _authorization(request, "bearer")


def _authorization(request, wanted):
    scheme, _, value = (request.headers.get("authorization") or "").partition(" ")
    return value.strip() if scheme.lower() == wanted else None


def _check(given, keys):
    return _compare(shown_digest(given) if given else None, keys)


def _compare(shown, keys):
    if not shown:
        raise VerificationFailed("nothing was shown")
    fits = [hmac.compare_digest(shown, key) for key in keys]
    if not any(fits):
        raise VerificationFailed("what was shown is not known")
    return fits.index(True)
