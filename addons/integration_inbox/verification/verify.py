"""Authentication of a request, before its body is parsed."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from odoo.addons.integration_core.policy.sources import is_within
from odoo.addons.integration_core.wire import standard_webhooks
from odoo.addons.integration_core.wire.standard_webhooks import VerificationFailed

from .certificate import check_certificate
from .tokens import check_access, check_api_key, check_basic, check_bearer

# So many credentials of an endpoint are tried at most.
MOST_KEYS = 4
_NOBODYS_KEY = bytes(32)


@dataclass(frozen=True)
class Request:
    """:ivar headers: by name in lower case. :ivar body: the raw bytes.
    :ivar address: the sender's, as Odoo sees it; :ivar peer: who opened the connection, perhaps a proxy.
    :ivar access: what the access token that came along stands for (``trust.access_tokens.Access``), if one did.
    """

    headers: Mapping
    body: bytes
    address: str = ""
    peer: str = ""
    access: Any = None


def verify(settings, request, digests=1, now=None):
    """Check that the endpoint's partner sent this request.

    :param settings: the endpoint's :class:`~..accept.settings.Settings`; ``None`` for an unknown address.
    :param digests: of the body, that any refusal costs at least, whatever was wrong: how long it takes does not
        tell an unknown address from a wrong secret.
    :param now: seconds since 1970, for tests.
    :return: the place of the key that it was proven with.
    :raises VerificationFailed: whatever was wrong; the sender is told only that it was not accepted.
    """
    try:
        if settings is None:  # the same work as for a wrong secret
            standard_webhooks.verify([_NOBODYS_KEY], request.headers, request.body, now=now)
            raise VerificationFailed("no endpoint has this address", 1)
        if settings.networks and not is_within(request.address, settings.networks):
            raise VerificationFailed(f"{request.address} is not among the endpoint's networks")
        if not settings.keys:
            raise VerificationFailed(settings.no_keys or "the system has no credential of the right kind")
        place = _check(settings, request, settings.keys[:MOST_KEYS], now)
        ranges = settings.key_networks[place] if settings.key_networks else ()
        if ranges and not is_within(request.address, ranges):
            raise VerificationFailed(f"{request.address} is not among the credential's networks", 1)
        return place
    except VerificationFailed as failed:
        _spend(request.body, digests - failed.digests)
        raise


def _check(settings, request, keys, now):
    match settings.scheme:
        case "standard_webhooks":
            return standard_webhooks.fitting(keys, request.headers, request.body, settings.tolerance_s, now)
        case "api_key":
            return check_api_key(request, keys, settings.header)
        case "basic":
            return check_basic(request, keys)
        case "bearer":
            return check_bearer(request, keys)
        case "oauth2":
            return check_access(request.access, settings.credential_ids, settings.resource)
        case "certificate":
            return check_certificate(request, keys, settings.header, settings.proxies)
    return settings.hmac.check(request, keys, settings.tolerance_s, now)


def _spend(body, digests):
    for _ in range(digests):
        hmac.new(_NOBODYS_KEY, body, hashlib.sha256).digest()
