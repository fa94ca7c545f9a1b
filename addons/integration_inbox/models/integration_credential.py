from odoo import api, models


class IntegrationCredential(models.Model):
    """What endpoints verify with: a change counts from its commit on, in every process."""

    _inherit = "integration.credential"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["integration.endpoint"]._forget_settings()
        return super().create(vals_list)

    def write(self, vals):
        self.env["integration.endpoint"]._forget_settings()
        return super().write(vals)

    def unlink(self):
        self.env["integration.endpoint"]._forget_settings()
        return super().unlink()
