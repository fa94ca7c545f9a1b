from odoo import api, fields, models

STATES = {
    "stuck": ("dead", "quarantined", "waiting", "retrying"),
    "rehearsed": ("shadowed",),
    "kept": ("kept",),
}


class IntegrationMessageResume(models.TransientModel):
    """Wizard that reprocesses the messages of a time span, in the order of their receipt."""

    _name = "integration.message.resume"
    _description = "Reprocess Messages"

    endpoint_ids = fields.Many2many("integration.endpoint", string="Endpoints", help="Empty: all endpoints.")
    since = fields.Datetime(
        required=True, default=lambda self: fields.Datetime.subtract(fields.Datetime.now(), hours=1)
    )
    until = fields.Datetime(required=True, default=fields.Datetime.now)
    which = fields.Selection(
        [
            ("stuck", "Failed, quarantined, waiting and retrying"),
            ("rehearsed", "Dry run"),
            ("kept", "Stored only"),
        ],
        required=True,
        default="stuck",
        string="Messages",
    )
    message_count = fields.Integer(string="Number of Messages", compute="_compute_message_count")

    @api.depends("endpoint_ids", "since", "until", "which")
    def _compute_message_count(self):
        for resume in self:
            resume.message_count = self.env["integration.message"].search_count(resume._domain())

    def _domain(self):
        domain = [
            ("received_at", ">=", self.since),
            ("received_at", "<=", self.until),
            ("state", "in", STATES[self.which or "stuck"]),
        ]
        if self.endpoint_ids:
            domain.append(("endpoint_id", "in", self.endpoint_ids.ids))
        return domain

    def action_resume(self):
        self.ensure_one()
        messages = self.env["integration.message"].search(self._domain(), order="id")
        messages._check_operator()
        messages.sudo()._apply_again(self.env.user)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reprocessed Messages"),
            "res_model": "integration.message",
            "view_mode": "list,kanban,form",
            "domain": [("id", "in", messages.ids)],
        }
