"""Access tokens that partners got from us: opaque, and only their digest is kept (RFC 6749, section 1.4)."""

import hashlib
import secrets
from dataclasses import dataclass

from ..engine.cursor import Statement

# So that scanners of repositories and logs recognise one.
PREFIX = "iht_"

INSERT = """
    INSERT INTO integration_access_token (digest, credential_id, scope, resource, issued_at, expires_at)
         VALUES (%s, %s, %s, %s, clock_timestamp() AT TIME ZONE 'UTC',
                 clock_timestamp() AT TIME ZONE 'UTC' + make_interval(mins => %s))
"""
# index: integration_access_token_digest_uniq
FIND = Statement(
    "find_access_token",
    ["varchar"],
    """
    SELECT credential_id, scope, resource
      FROM integration_access_token
     WHERE digest = %s AND expires_at > clock_timestamp() AT TIME ZONE 'UTC'
    """,
)
FORGET = "DELETE FROM integration_access_token WHERE credential_id = ANY (%s)"
FORGET_EXPIRED = (
    "DELETE FROM integration_access_token WHERE expires_at < clock_timestamp() AT TIME ZONE 'UTC'"
)


@dataclass(frozen=True)
class Access:
    """What a token stands for.

    :ivar scopes: what it may do, see ``policy.scopes``. :ivar resource: the only one that it is good for, or ``""``.
    """

    credential_id: int
    scopes: tuple
    resource: str


def issue(cr, credential_id, scopes, resource, minutes):
    """A new token; this is the only time that anybody sees it."""
    token = PREFIX + secrets.token_urlsafe(32)
    cr.execute(INSERT, [_digest(token), credential_id, " ".join(scopes), resource or "", minutes])
    return token


def find(cr, token):
    """The :class:`Access` of a token that is still good, or ``None``. Whose credential it is may be revoked."""
    FIND.run(cr, [_digest(token)])
    row = cr.fetchone()
    return row and Access(row[0], tuple(row[1].split()), row[2])


def forget(cr, credential_ids):
    cr.execute(FORGET, [list(credential_ids)])


def forget_expired(cr):
    cr.execute(FORGET_EXPIRED)


def _digest(token):
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
