from odoo import api, fields, models

from ..verification.schemes import SCHEMES


class IntegrationCredentialRotation(models.TransientModel):
    """Rotation of the credential of one endpoint, or of all endpoints without selected credentials."""

    _inherit = "integration.credential.rotation"

    endpoint_id = fields.Many2one("integration.endpoint", readonly=True)

    @api.depends("system_id", "purpose", "endpoint_id")
    def _compute_kind(self):
        """What most of the system's endpoints ask for."""
        for rotation in self.filtered(lambda r: r.purpose == "verify" and not r.kind):
            endpoints = rotation.endpoint_id or rotation.system_id.endpoint_ids
            kinds = [SCHEMES[endpoint.scheme].kinds[0] for endpoint in endpoints]
            kinds = [kind for kind in kinds if kind in dict(rotation._selection_kind())]
            rotation.kind = max(kinds, key=kinds.count) if kinds else "standard_webhooks"
        return super()._compute_kind()

    @api.depends("endpoint_id")
    def _compute_replaced_ids(self):
        return super()._compute_replaced_ids()

    def _replaceable(self):
        return self.endpoint_id._replaceable(self.kind) if self.endpoint_id else super()._replaceable()

    def _name_of_place(self):
        return (
            self.env._("Endpoint %s", self.endpoint_id.name) if self.endpoint_id else super()._name_of_place()
        )

    def action_generate(self):
        self.ensure_one()
        if not self.endpoint_id:
            return super().action_generate()
        self.endpoint_id.check_access("write")
        return self.endpoint_id._new_secret(self.kind, self.replaced_ids)
