from odoo import models
from odoo.http import request

from .. import answer


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _handle_error(cls, exception):
        """A partner's program gets a problem document whatever happens, never a page for people."""
        if request.httprequest.path.startswith(answer.PATH):
            return answer.of_error(exception)
        return super()._handle_error(exception)
