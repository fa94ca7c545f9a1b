from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..accept import accept
from ..models.integration_endpoint import PATH

# Odoo's own bound, before ours, in bytes: nothing larger is even read.
LARGEST_BODY = 64 * 1024 * 1024


class Inbound(http.Controller):
    @http.route(
        f"{PATH}<string:token>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
        raw_body=True,
        max_content_length=LARGEST_BODY,
    )
    def receive(self, token, **_query):
        """Take one message: no session, no cookie, no business code."""
        answer = accept(
            request.env(user=SUPERUSER_ID),
            token,
            request.httprequest.headers,
            # Kept: Odoo runs this again when two transactions collide.
            request.httprequest.get_data(cache=True),
            request.httprequest.remote_addr,
        )
        return request.make_response(
            answer.body,
            headers=[("Content-Type", answer.content_type), ("Cache-Control", "no-store")],
            status=answer.status,
        )
