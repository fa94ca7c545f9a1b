from odoo import http
from odoo.http import content_disposition, request

from ..trust import audit_chain
from ..wire import hardened


class Audit(http.Controller):
    @http.route("/integration/audit", type="http", auth="user", methods=["GET"], readonly=False)
    def export(self):
        """The whole audit trail, one entry a line (JSON Lines), with the chain to verify it by."""
        trail = request.env["integration.audit.entry"]
        trail._check_may_export()
        trail._append("audit.exported", trail, request.env._("The audit trail was exported"))
        lines = "".join(audit_chain.line(entry) + "\n" for entry in trail.sudo()._entries())
        return request.make_response(
            lines,
            headers=[
                ("Content-Type", "application/jsonl; charset=utf-8"),
                ("Content-Disposition", content_disposition("audit-trail.jsonl")),
                *hardened.HEADERS,
            ],
        )
