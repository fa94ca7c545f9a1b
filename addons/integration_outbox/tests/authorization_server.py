"""A partner that hands out access tokens and takes events with them alone: Authlib's server, on loopback."""

import os
import threading
import time
from unittest.mock import patch

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from flask import Flask, request
from joserfc.jwk import import_key
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT_ID = "odoo-plant 3"
SECRET = "carrier+secret/with:odd=signs"
SCOPE = "shipments:write"


class Client(ClientMixin):
    def __init__(self, methods, public_key=None):
        self.methods, self.public_key = methods, public_key

    def get_client_id(self):
        return CLIENT_ID

    def check_client_secret(self, client_secret):
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method, _endpoint):
        return method in self.methods

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope):
        return scope if scope == SCOPE else ""


class Token(TokenMixin):
    def __init__(self, scope, expires_in):
        self.scope, self.ends_at, self.is_revoked_ = scope, time.time() + expires_in, False

    def get_scope(self):
        return self.scope

    def is_expired(self):
        return time.time() > self.ends_at

    def is_revoked(self):
        return self.is_revoked_

    def check_client(self, _client):
        return True


class Partner:
    """:ivar asked: forms that asked for a token. :ivar events: ``(headers, body)`` of what was let in.
    :ivar tokens: what was handed out. :ivar peers: certificates that callers showed, DER, of both doors.
    :ivar is_down: whether its token endpoint fails.
    """

    def __init__(self, *methods, public_key=None, expires_in=3600, ssl_context=None):
        self.asked, self.events, self.tokens, self.peers, self.seen_jtis = [], [], {}, [], set()
        self.is_down = False
        partner, client = self, Client(methods, public_key)
        app = Flask("carrier")
        app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"client_credentials": expires_in}

        def save(token, _request):
            self.tokens[token["access_token"]] = Token(token["scope"], token["expires_in"])

        server = AuthorizationServer(app, lambda name: client if name == CLIENT_ID else None, save)

        class ClientCredentials(grants.ClientCredentialsGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = [
                "client_secret_basic",
                "client_secret_post",
                "client_assertion_jwt",
            ]

        server.register_grant(ClientCredentials)

        class Assertion(JWTBearerClientAssertion):
            def get_audiences(self):
                return [f"{partner.url}/oauth/token"]

            def validate_jti(self, _claims, jti):
                is_new = jti not in partner.seen_jtis
                partner.seen_jtis.add(jti)
                return is_new

            def resolve_client_public_key(self, client):
                return import_key(client.public_key, "RSA" if len(client.public_key) > 300 else "EC")

        server.register_client_auth_method(Assertion.CLIENT_AUTH_METHOD, Assertion())

        class Validator(BearerTokenValidator):
            def authenticate_token(self, token_string):
                return partner.tokens.get(token_string)

        protect = ResourceProtector()
        protect.register_token_validator(Validator())

        @app.post("/oauth/token")
        def token():
            self.asked.append(request.form.to_dict())
            if self.is_down:
                return {"error": "temporarily_unavailable"}, 503
            return server.create_token_response()

        @app.post("/shipments")
        @protect(SCOPE)
        def shipments():
            self.events.append((dict(request.headers), request.get_data()))
            return {"accepted": True}, 202

        class Handler(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def make_environ(self):
                shown = getattr(self.connection, "getpeercert", lambda _binary: None)(True)
                partner.peers.append(shown)
                return super().make_environ()

            def log_request(self, *_args):
                """Quiet."""

        # loopback: Authlib refuses tokens without TLS otherwise
        self._environment = patch.dict(os.environ, AUTHLIB_INSECURE_TRANSPORT="1")
        self._environment.start()
        self.server = make_server(
            "127.0.0.1", 0, app, threaded=True, request_handler=Handler, ssl_context=ssl_context
        )
        self.url = f"{'https' if ssl_context else 'http'}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def revoke_all(self):
        for token in self.tokens.values():
            token.is_revoked_ = True

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self._environment.stop()
