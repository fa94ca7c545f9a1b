from odoo import api, models


class IntegrationDataSubjectRequest(models.TransientModel):
    _inherit = "integration.data.subject.request"

    @api.model
    def _stores(self):
        return {
            **super()._stores(),
            "integration.event": ("data", "subject", "partition_key"),
            "integration.delivery": ("reason",),
            "integration.attempt": ("response_body", "response_headers", "reason"),
        }
