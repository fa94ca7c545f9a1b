from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.policy import egress


class IntegrationCredential(models.Model):
    """What endpoints verify with: a change counts from its commit on, in every process."""

    _inherit = "integration.credential"

    allowed_sources = fields.Text(
        string="Only From",
        help="Address ranges that it may be used from, one per line: 203.0.113.0/24. Empty: from anywhere.",
    )

    @api.constrains("allowed_sources")
    def _check_allowed_sources(self):
        for credential in self:
            try:
                egress.networks(credential.allowed_sources)
            except ValueError as error:
                raise ValidationError(str(error)) from error

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
