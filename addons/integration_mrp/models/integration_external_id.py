from odoo import api, models


class IntegrationExternalId(models.Model):
    _inherit = "integration.external.id"

    @api.model
    def _natural_keys(self):
        # A work order's name is not unique; its barcode is, and is what the shop floor scans.
        return {**super()._natural_keys(), "mrp.production": "name", "mrp.workorder": "barcode"}
