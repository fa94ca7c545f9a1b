from odoo import api, fields, models
from odoo.exceptions import UserError

WAITING = ("waiting", "dead", "retrying")


class IntegrationMessageMatch(models.TransientModel):
    """Wizard that links an unresolved external ID to a record."""

    _name = "integration.message.match"
    _description = "Match Unresolved Reference"

    message_id = fields.Many2one("integration.message", required=True, readonly=True)
    system_id = fields.Many2one(related="message_id.system_id")
    external_key = fields.Char(string="External ID", related="message_id.missing_key")
    res_model = fields.Char(related="message_id.missing_model")
    record_ref = fields.Reference(
        selection="_selection_model",
        string="Record",
        compute="_compute_record_ref",
        store=True,
        readonly=False,
        precompute=True,
    )
    waiting_count = fields.Integer(string="Waiting Messages", compute="_compute_waiting_count")

    @api.model
    def _selection_model(self):
        known = self.env["ir.model"].sudo().search([("transient", "=", False)])
        return [(model.model, model.name) for model in known]

    @api.depends("message_id")
    def _compute_record_ref(self):
        """Begins with the kind that was looked for, so that a person only chooses which one."""
        for match in self:
            model = self.env.get(match.message_id.missing_model)
            first = model.search([], limit=1) if model is not None else None
            match.record_ref = f"{first._name},{first.id}" if first else False

    @api.depends("message_id")
    def _compute_waiting_count(self):
        for match in self:
            match.waiting_count = len(match._waiting())

    def _waiting(self):
        """The messages of the system that name it, too."""
        message = self.message_id
        return (
            self.env["integration.message"]
            .sudo()
            .search(
                [
                    ("missing_model", "=", message.missing_model),
                    ("missing_key", "=", message.missing_key),
                    ("endpoint_id.system_id", "=", message.system_id.id),
                    ("state", "in", WAITING),
                ]
            )
        )

    def action_match(self):
        self.ensure_one()
        self.message_id._check_operator()
        record = self.record_ref
        if not record or record._name != self.res_model:
            raise UserError(
                self.env._("Select a record of the model %s.", self.env[self.res_model]._description)
            )
        record.check_access("read")
        self.env["integration.external.id"].sudo()._learn(self.system_id, record, self.external_key)
        text = self.env._(
            "%(key)s matched manually to %(record)s", key=self.external_key, record=record.display_name
        )
        self.env["integration.audit.entry"]._append(
            "message.matched",
            self.message_id,
            text,
            self.message_id.company_id,
            system=self.system_id.name,
            meant=f"{record._name},{record.id}",
        )
        self._waiting()._apply_again(self.env.user, text)
        return {"type": "ir.actions.act_window_close"}
