from odoo import api, models


class IntegrationPerson(models.TransientModel):
    _inherit = "integration.person"

    @api.model
    def _stores(self):
        return {
            **super()._stores(),
            "integration.message": ("body", "derived", "headers", "reason", "subject", "missing_key"),
        }
