from odoo import api, fields, models


class IntegrationMessageRecord(models.Model):
    """A record that a message touched: what it did, to click on."""

    _name = "integration.message.record"
    _description = "Record Touched by a Message"
    _order = "id"
    _log_access = False

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, ondelete="cascade", index=True
    )
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record ID", model_field="res_model", required=True, readonly=True
    )
    model_name = fields.Char(compute="_compute_names", string="Kind")
    record_name = fields.Char(compute="_compute_names", string="Record")

    _record_idx = models.Index("(res_model, res_id)")

    @api.depends("res_model", "res_id")
    def _compute_names(self):
        for touched in self:
            model = self.env.get(touched.res_model)
            record = model.browse(touched.res_id).exists() if model is not None else None
            touched.model_name = model._description if model is not None else touched.res_model
            touched.record_name = record.sudo().display_name if record else self.env._("(deleted)")

    def action_open_record(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
