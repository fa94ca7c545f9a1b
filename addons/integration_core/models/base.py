from odoo import models

from ..policy import spreadsheet


class Base(models.AbstractModel):
    _inherit = "base"

    def export_data(self, fields_to_export):
        """What partners sent ends in spreadsheets of people; no formula of theirs runs there.

        Not in what is exported to be imported again: there the value has to be itself. What partners send
        is never imported.
        """
        exported = super().export_data(fields_to_export)
        is_to_import = self.env.context.get("import_compat") and self.has_access("create")
        if self._name.startswith("integration.") and not is_to_import:
            exported["datas"] = [[spreadsheet.harmless(cell) for cell in row] for row in exported["datas"]]
        return exported
