from odoo import http
from odoo.http import request

from odoo.addons.integration_core import machine, several_databases
from odoo.addons.integration_core.engine.cursor import pool

from ..accept import accept, handshake, refusals
from ..answer import LARGEST_BODY, PATH, Answer, refuse, response
from ..refusal import Refused
from ..verification import Request


class Inbound(http.Controller):
    @http.route([PATH, f"{PATH}<path:token>"], **machine.ROUTE, max_content_length=LARGEST_BODY)
    def receive(self, token="", **_query):
        """Receive one request, without session, cookie or business code."""
        http_request = request.httprequest
        if not request.db:
            refused = Refused(404, "no-database", "No database", several_databases.WHICH)
            return response(refuse(refused))
        env = request.env  # nobody's: what is read with it is cached, and another costs as much as the JSON
        if http_request.method == "OPTIONS":
            settings = env["integration.endpoint"]._settings_of(token)
            allowed = handshake.permission(settings, http_request.headers)
            return response(Answer(200, b"", "text/plain", tuple(allowed)))
        if http_request.method != "POST":
            refused = Refused(
                405, "method-not-allowed", "Method not allowed", "Send POST.", [handshake.ALLOW]
            )
            return response(refuse(refused))
        arrived = Request(
            {name.lower(): value for name, value in http_request.headers.items()},
            http_request.get_data(cache=True),
            http_request.remote_addr or "",
            _peer(http_request.environ),
        )
        with pool.cursor(env.cr) as cr:
            answer = accept(env, cr, token, arrived)
        result = response(answer)
        if answer.refused:
            refusals.store_after(result, env, token, answer.refused, arrived.address)
        return result


def _peer(environ):
    """The address of the connection's peer, without forwarded headers."""
    return environ.get("werkzeug.proxy_fix.orig", environ).get("REMOTE_ADDR") or ""
