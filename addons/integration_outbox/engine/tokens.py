"""Access tokens of partners: fetched when the first request needs one, kept until shortly before they end.

RFC 6749, section 4.4 (client credentials) and 2.3.1 (a client's secret); RFC 7523, section 2.2
(``private_key_jwt``); RFC 6750 (how a token is shown). Kept in this process alone, never in the database.
"""

import base64
import json
import math
import re
import time
import uuid
from collections import OrderedDict
from urllib.parse import quote, urlencode

import jwt

from odoo.addons.integration_core.trust.private_keys import SigningKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_S = 60
# A token is not shown in its last seconds: it may end on the way. Of one that does not say how long it lasts.
SPARE_S = 30
UNSAID_S = 300
LONGEST_S = 86_400
# Whatever it says, it is good for the requests that waited for it: else it would be fetched over and over.
LEAST_S = 1.0
# Tokens with many claims are long.
LARGEST_ANSWER = 65_536
MOST = 1000

TOKEN = re.compile(r"^[\x21-\x7e]+$")
ERROR = re.compile(r"^[A-Za-z0-9_.-]{1,64}$")

_kept = OrderedDict()  # {Client: (token, good until, on time.monotonic())}


class NoToken(Exception):
    """What the partner's token endpoint said instead of a token. The text holds no secret."""


def of(client):
    """The token to show, or ``None`` where one has to be fetched. :param client: the credential's ``Client``."""
    token, until = _kept.get(client, (None, 0.0))
    return token if time.monotonic() < until else None


def request(client, now=None):
    """``(headers, body)`` of the request for a token."""
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    fields = {"grant_type": "client_credentials"}
    if client.scope:
        fields["scope"] = client.scope
    fields.update(client.parameters)
    if isinstance(client.secret, SigningKey):
        fields["client_assertion_type"] = ASSERTION_TYPE
        fields["client_assertion"] = _assertion(client, int(now or time.time()))
    elif client.is_in_body:
        fields.update(client_id=client.client_id, client_secret=client.secret)
    else:
        # Form-encoded, a blank as %20: servers that know of percents alone understand that, too.
        login = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
        headers["authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    return headers, urlencode(fields).encode()


def take(client, response):
    """Keep what the token endpoint answered.

    :return: the token.
    :raises NoToken: there is none in it.
    """
    if response.status != 200:
        raise NoToken(_why(response))
    document = _document(response.body)
    token, kind = document.get("access_token"), document.get("token_type")
    if not isinstance(token, str) or not TOKEN.match(token):
        raise NoToken("The token endpoint answered without an access token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise NoToken("The token endpoint gave a token of another type than Bearer")
    _kept[client] = token, time.monotonic() + _good_s(document.get("expires_in"))
    _kept.move_to_end(client)
    if len(_kept) > MOST:
        _kept.popitem(last=False)
    return token


def refused(client, token):
    """The partner does not take this token any more: fetch another, unless that was done already."""
    if _kept.get(client, (None, 0.0))[0] == token:
        del _kept[client]


def forget():
    """For tests: nothing is kept."""
    _kept.clear()


def _assertion(client, now):
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.url,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + ASSERTION_S,
    }
    named = {"kid": client.key_id} if client.key_id else None
    return jwt.encode(claims, client.secret.pem, client.secret.algorithm, headers=named)


def _good_s(expires_in):
    try:
        lasts = min(float(expires_in), LONGEST_S)
    except (TypeError, ValueError, OverflowError):
        lasts = math.nan
    if math.isnan(lasts):
        lasts = UNSAID_S
    return max(LEAST_S, lasts - min(SPARE_S, lasts / 2))


def _why(response):
    if not response.status:
        return f"The token endpoint did not answer: {response.reason or 'no answer'}"
    error = _document(response.body).get("error")
    named = f": {error}" if isinstance(error, str) and ERROR.match(error) else ""
    return f"The token endpoint answered {response.status}{named}"


def _document(body):
    try:
        document = json.loads(body or "")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
