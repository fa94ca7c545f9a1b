from odoo import api, models


class IntegrationDataSubjectRequest(models.TransientModel):
    _inherit = "integration.data.subject.request"

    @api.model
    def _stores(self):
        return {
            **super()._stores(),
            "integration.message": ("body", "derived", "headers", "reason", "subject", "missing_key"),
        }
