from odoo import api, fields, models

from ..policy import masking

DATA_CLASSES = [
    ("public", "Public"),
    ("internal", "Internal"),
    ("confidential", "Confidential"),
    ("personal", "Personal"),
]


class IntegrationDataRetention(models.Model):
    """Maximum retention of payloads by data class, whatever their type or endpoint says.

    What is not delivered or applied yet, and what is dead, stays until a person decides.
    """

    _name = "integration.data.retention"
    _inherit = ["integration.audited"]
    _description = "Data Retention"
    _order = "id"
    _rec_name = "data_class"

    data_class = fields.Selection(DATA_CLASSES, required=True, readonly=True)
    days = fields.Integer(string="Max. Retention (Days)", required=True)
    reason = fields.Char(help="Rule or agreement that requires it.")

    _class_uniq = models.UniqueIndex("(data_class)")
    _days_positive = models.Constraint("CHECK (days BETWEEN 1 AND 36500)", "Keep them for a day or more.")

    @api.model
    def _days(self):
        """``{data class: days}``."""
        return {retention.data_class: retention.days for retention in self.sudo().search([])}

    @api.model
    def _days_of(self, types):
        """``{name: days}`` by data class alone, the shortest of all versions and modules.

        :param types: of the catalog.
        """
        by_class, found = self._days(), {}
        for entry in types:
            days = by_class.get(entry.data_class or masking.CLASSES[0])
            if days is not None:
                found[entry.name] = min(days, found.get(entry.name, days))
        return found
