from odoo import api, fields, models


class IntegrationSubscriptionResume(models.TransientModel):
    """Dialog of a resumed subscription: whether its queued events are sent or skipped."""

    _name = "integration.subscription.resume"
    _description = "Subscription Resume"

    subscription_id = fields.Many2one("integration.subscription", required=True, readonly=True)
    waiting_count = fields.Integer(related="subscription_id.waiting_count")
    choice = fields.Selection(
        [
            ("send", "Send queued events, oldest first"),
            ("skip", "Skip queued events: they are cancelled and can be replayed later"),
        ],
        required=True,
        default="send",
    )

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards.subscription_id.check_access("read")  # what waits is read for whoever asks
        return wizards

    def action_resume(self):
        self.ensure_one()
        self.subscription_id._check_operator()
        self.subscription_id.sudo()._mark_active(is_skipping=self.choice == "skip")
        return {"type": "ir.actions.act_window_close"}
