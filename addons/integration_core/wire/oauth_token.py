"""What a client says to our token endpoint, and what it is told (RFC 6749, sections 2.3.1, 4.4, 5; RFC 8707)."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

# Where ours is.
PATH = "/integration/oauth/token"
GRANT = "client_credentials"
CONTENT_TYPE = "application/x-www-form-urlencoded"
MOST_FIELDS = 20
# Of a client's id (appendix A.1): nothing else was ever given to one.
VISIBLE = re.compile(r"^[\x20-\x7e]{1,255}$")
# Section 5.1: nothing on the way keeps a token, however old it is.
NOT_KEPT = [("Pragma", "no-cache")]
REALM = 'Basic realm="integration"'


class TokenRefused(Exception):
    """:ivar error: as section 5.2 names it; clients branch on it."""

    def __init__(self, error, description, status=400, headers=()):
        super().__init__(description)
        self.error, self.status, self.headers = error, status, tuple(headers)


@dataclass(frozen=True)
class TokenRequest:
    """:ivar scopes: those asked for; none for all that the client may. :ivar resource: where it wants to use it."""

    client_id: str
    secret: str
    scopes: tuple = ()
    resource: str = ""


def read(content_type, authorization, body):
    """:param authorization: the header, or ``None``. :param body: bytes.

    :raises TokenRefused: it is no request for a token of ours.
    """
    fields = _fields(content_type, body)
    client_id, secret = _client(authorization, fields)
    if not VISIBLE.match(client_id):
        raise unknown_client()
    if not fields.get("grant_type"):
        raise TokenRefused("invalid_request", "grant_type is missing.")
    if fields["grant_type"] != GRANT:
        raise TokenRefused("unsupported_grant_type", f"Only {GRANT} is known here.")
    return TokenRequest(client_id, secret, tuple(fields.get("scope", "").split()), fields.get("resource", ""))


def unknown_client():
    """Whatever was wrong with the client, it is told the same."""
    return TokenRefused(
        "invalid_client", "The client or its secret is not valid.", 401, [("WWW-Authenticate", REALM)]
    )


def granted(token, scopes, minutes):
    """The body of the answer (section 5.1)."""
    answer = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": minutes * 60,
        "scope": " ".join(scopes),
    }
    return json.dumps(answer).encode()


def refused(error, description):
    """The body of the answer (section 5.2)."""
    return json.dumps({"error": error, "error_description": description}).encode()


def _fields(content_type, body):
    if (content_type or "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise TokenRefused("invalid_request", f"Send {CONTENT_TYPE}.")
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:  # of which UnicodeDecodeError is one
        raise TokenRefused("invalid_request", "The body is not form-encoded.") from error
    names = [name for name, _value in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise TokenRefused("invalid_request", "A parameter stands there twice.")
    return dict(pairs)


def _client(authorization, fields):
    kind, _, given = (authorization or "").partition(" ")
    in_body = bool(fields.get("client_secret"))
    if kind.lower() == "basic":
        if in_body:
            raise TokenRefused("invalid_request", "The client proves itself twice: once is enough.")
        return _basic(given.strip())
    if in_body and fields.get("client_id"):
        return fields["client_id"], fields["client_secret"]
    raise unknown_client()


def _basic(given):
    try:
        login = base64.b64decode(given, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise unknown_client() from error
    client_id, colon, secret = login.partition(":")
    if not (client_id and colon and secret):
        raise unknown_client()
    return unquote_plus(client_id), unquote_plus(secret)  # section 2.3.1: both are form-encoded first
