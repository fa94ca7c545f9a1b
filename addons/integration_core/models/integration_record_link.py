from odoo import api, fields, models


class IntegrationRecordLink(models.AbstractModel):
    """Link of a row to one business record of any model: its name, and a button to open it."""

    _name = "integration.record.link"
    _description = "Link to a Record"

    res_model = fields.Char(string="Model", readonly=True)
    res_id = fields.Many2oneReference(string="Record ID", model_field="res_model", readonly=True)
    model_name = fields.Char(compute="_compute_record_name", string="Type")
    record_name = fields.Char(compute="_compute_record_name", string="Record")

    @api.depends("res_model", "res_id")
    def _compute_record_name(self):
        for link in self:
            model = self.env.get(link.res_model)  # its module may be gone
            record = model.browse(link.res_id).exists() if model is not None else None
            link.model_name = model._description if model is not None else link.res_model
            link.record_name = record.sudo().display_name if record else self.env._("(deleted)")

    def action_open_record(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
