from odoo import models
from odoo.exceptions import UserError

from .. import declare


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def write(self, vals):
        """A module that declares something wrong is not installed: the loader says so here, and commits then."""
        if vals.get("state") == "installed":
            try:
                declare.check(self.env, self.mapped("name"))
            except declare.DeclarationError as error:
                raise UserError(self.env._("Wrong declarations of events:\n%s", error)) from error
        return super().write(vals)
