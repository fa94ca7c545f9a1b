from odoo import api, models


class IntegrationExternalId(models.Model):
    _inherit = "integration.external.id"

    @api.model
    def _natural_keys(self):
        return {**super()._natural_keys(), "product.product": "default_code"}
