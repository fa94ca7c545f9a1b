from odoo import models
from odoo.http import request

from .. import answer


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Keep the raw body of routes that verify it: Odoo's reading of forms would use it up."""
        result = super()._pre_dispatch(rule, args)
        if rule.endpoint.routing.get("raw_body"):
            request.httprequest.get_data(cache=True)
        return result

    @classmethod
    def _handle_error(cls, exception):
        """A partner's program gets a problem document whatever happens, never a page for people."""
        if request.httprequest.path.startswith(answer.PATH):
            return answer.of_error(exception)
        return super()._handle_error(exception)
