from odoo import api, models

from ..answer import PATH


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

    def _resource_of(self, uri):
        """A token may be bound to one endpoint: its address is the resource."""
        token = uri.rpartition(PATH)[2]
        settings = self.env["integration.endpoint"]._settings_of(token)
        if settings and self.id in settings.credential_ids:
            return settings.resource
        return super()._resource_of(uri)
