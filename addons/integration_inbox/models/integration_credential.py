from odoo import Command, api, fields, models

from ..answer import PATH


class IntegrationCredential(models.Model):
    """Credential of inbound authentication: changes apply in every process from their commit on."""

    _inherit = "integration.credential"

    endpoint_ids = fields.Many2many(
        "integration.endpoint",
        string="Endpoints",
        context={"active_test": False},
        readonly=True,
        copy=False,
        help="Endpoints for which this credential is selected. Empty: all endpoints of the system without selected "
        "credentials.",
    )

    def _assigned_to(self):
        return frozenset(self.sudo().endpoint_ids.ids)

    def _take_place_of(self, replaced):
        """Each endpoint that has chosen one of these takes the new one, too."""
        result = super()._take_place_of(replaced)
        replaced.sudo().endpoint_ids.write({"credential_ids": [Command.link(self.id)]})
        return result

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
