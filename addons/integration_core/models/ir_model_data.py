from odoo import api, models


class IrModelData(models.Model):
    _inherit = "ir.model.data"

    @api.model
    def _process_end(self, modules):
        """The end of an install or upgrade: the catalog follows the declarations of these modules.

        Before ``super``, which removes what a module no longer loads.
        """
        self.env["integration.event.type"].sudo()._sync_declarations(modules)
        return super()._process_end(modules)
