import hmac
import json
import math

from werkzeug.exceptions import HTTPException

from odoo import SUPERUSER_ID, http
from odoo.http import request

from .. import logs, machine, several_databases
from ..engine.cursor import pool
from ..policy import egress, scopes
from ..policy.sources import is_within
from ..trust import access_tokens, last_use, throttle
from ..trust.credential_kinds import shown_digest
from ..trust.sealing import Sealed
from ..wire import hardened, oauth_token
from ..wire.oauth_token import TokenRefused

_logger = logs.get_logger(__name__)

# RFC 8414, section 3.
METADATA_PATH = "/.well-known/oauth-authorization-server"
LARGEST_BODY = 16 * 1024
NOBODYS = bytes(32)


class Token(http.Controller):
    @http.route(oauth_token.PATH, **machine.ROUTE, max_content_length=LARGEST_BODY)
    def token(self, **_fields):
        """Hand an access token to a partner's program (RFC 6749, section 4.4)."""
        http_request = request.httprequest
        try:
            if not request.db:
                raise TokenRefused("invalid_request", several_databases.WHICH, 404)
            if http_request.method != "POST":
                raise TokenRefused("invalid_request", "Send POST.", 405, [("Allow", "POST")])
            with pool.cursor(request.env.cr) as cr:
                body = _grant(request.env(user=SUPERUSER_ID), cr, http_request)
        except TokenRefused as refused:
            return _refuse(refused)
        return _json(body, 200)

    @http.route(METADATA_PATH, **machine.ROUTE, methods=["GET"])
    def metadata(self):
        """Where tokens are, and how they are asked for (RFC 8414, section 2)."""
        if not request.db:
            return _refuse(TokenRefused("invalid_request", several_databases.WHICH, 404))
        issuer = request.env(user=SUPERUSER_ID)["ir.config_parameter"].get_param("web.base.url")
        known = {
            "issuer": issuer,
            "token_endpoint": several_databases.address(issuer, oauth_token.PATH, request.db)[0],
            "grant_types_supported": [oauth_token.GRANT],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        return _json(json.dumps(known).encode(), 200)


def _grant(env, cr, http_request):
    asked = oauth_token.read(
        http_request.headers.get("Content-Type"),
        http_request.headers.get("Authorization"),
        http_request.get_data(cache=True),
    )
    sender = http_request.remote_addr or ""
    _check(throttle.GUESSES, "Too many failures. Come again later.", cr.dbname, asked.client_id, sender)
    credential = _known(env, asked, sender)
    if not credential:
        throttle.GUESSES.note(cr.dbname, asked.client_id, sender)
        raise oauth_token.unknown_client()
    _check(throttle.TOKENS, "A token is good for many requests: keep it.", cr.dbname, credential.id)
    throttle.TOKENS.note(cr.dbname, credential.id)
    allowed = scopes.split(credential.scopes)
    wanted = asked.scopes or allowed
    if scopes.mistake(" ".join(wanted)) or not all(scopes.covers(allowed, scope) for scope in wanted):
        raise TokenRefused("invalid_scope", f"This client may have: {' '.join(allowed)}")
    resource = credential._resource_of(asked.resource) if asked.resource else ""
    if resource is None:
        raise TokenRefused("invalid_target", "The resource is none that this client may use.")
    minutes = credential.token_minutes
    token = access_tokens.issue(cr, credential.id, wanted, resource, minutes)
    last_use.note(cr, [credential.id])
    return oauth_token.granted(token, wanted, minutes)


def _check(bounds, sentence, *key):
    try:
        bounds.check(*key)
    except throttle.TooMany as error:
        later = [("Retry-After", str(math.ceil(error.wait_s)))]
        raise TokenRefused("slow_down", sentence, 429, later) from error


def _known(env, asked, sender):
    """The credential of the client that proved itself; an empty one where it did not."""
    credentials = env["integration.credential"]._clients_named(asked.client_id)
    try:
        ring = credentials._ring() or [(None, NOBODYS)]
    except Sealed as error:
        _logger.error("client %s cannot be compared with: %s", credentials.ids, error)
        raise TokenRefused("temporarily_unavailable", "No token can be made here now.", 503) from error
    shown = shown_digest(asked.secret)
    fitting = [id_ for id_, digest in ring if hmac.compare_digest(shown, digest)]
    credential = credentials.browse(fitting[:1])
    ranges = egress.networks(credential.allowed_sources)
    return credential if not ranges or is_within(sender, ranges) else credential.browse()


def of_error(error):
    """The answer where a request could not even be read, or something of ours failed."""
    if isinstance(error, HTTPException) and error.code:
        return _refuse(TokenRefused("invalid_request", error.name, error.code))
    _logger.error("a token could not be made", exc_info=error)
    return _refuse(TokenRefused("server_error", "Something failed here. Try again.", 500))


def _refuse(refused):
    return _json(oauth_token.refused(refused.error, str(refused)), refused.status, refused.headers)


def _json(body, status, headers=()):
    headers = [("Content-Type", "application/json"), *hardened.HEADERS, *oauth_token.NOT_KEPT, *headers]
    return request.make_response(body, headers=headers, status=status)
