from odoo import http
from odoo.http import request


class Bare(http.Controller):
    @http.route(
        "/hub_bench/bare",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def bare(self, **_query):
        """As short as a controller that keeps what it gets can be."""
        body = request.httprequest.get_data().decode()
        request.env.cr.execute("INSERT INTO hub_bench_bare (body) VALUES (%s)", [body])
        return request.make_response(b"{}", headers=[("Content-Type", "application/json")], status=202)
