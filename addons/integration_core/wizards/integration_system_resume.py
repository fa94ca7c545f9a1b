from odoo import api, fields, models


class IntegrationSystemResume(models.TransientModel):
    """Dialog of a resumed system: whether its queued deliveries and messages are processed or skipped."""

    _name = "integration.system.resume"
    _description = "System Resume"

    system_id = fields.Many2one("integration.system", required=True, readonly=True)
    waiting_out_count = fields.Integer(related="system_id.waiting_out_count")
    waiting_in_count = fields.Integer(related="system_id.waiting_in_count")
    choice = fields.Selection(
        [
            ("process", "Process queued deliveries and messages, oldest first"),
            ("discard", "Skip them: deliveries are cancelled, messages are stored without processing"),
        ],
        required=True,
        default="process",
    )

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards.system_id.check_access("read")  # what waits is read for whoever asks
        return wizards

    def action_resume(self):
        self.ensure_one()
        self.system_id._check_operator()
        self.system_id._resume(is_discarding=self.choice == "discard")
        return {"type": "ir.actions.act_window_close"}
