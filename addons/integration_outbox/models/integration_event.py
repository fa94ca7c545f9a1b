from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.wire.pretty import pretty

from .. import emission


class IntegrationEvent(models.Model):
    """One committed business fact, append-only.

    pending     committed, not yet handed to the subscriptions
    dispatched  has a delivery for every subscription that wants it
    unbuilt     the change committed, but its data could not be built; the reason stands beside it

    Rows are written by ``emission`` and by the engine, in SQL; nobody may edit one.
    """

    _name = "integration.event"
    _inherit = ["integration.record.link", "integration.lifecycle"]
    _description = "Integration Event"
    _order = "id desc"
    _rec_name = "subject"
    _log_access = False

    event_id = fields.Char(string="Event ID", required=True, readonly=True)
    type = fields.Char(required=True, readonly=True)
    version = fields.Integer(required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    occurred_at = fields.Datetime(required=True, readonly=True)
    subject = fields.Char(string="Reference", readonly=True, index=True)
    partition_key = fields.Char(readonly=True, index=True)
    data = fields.Text(readonly=True)
    data_pretty = fields.Text(string="Payload", compute="_compute_data_pretty")
    error = fields.Char(readonly=True)
    state = fields.Selection(
        [("pending", "Pending"), ("dispatched", "Dispatched"), ("unbuilt", "Not Built")],
        required=True,
        readonly=True,
        default="pending",
    )
    correlation_id = fields.Char(readonly=True, index=True)
    causation_id = fields.Char(readonly=True)
    traceparent = fields.Char(readonly=True)
    delivery_ids = fields.One2many("integration.delivery", "event_id", readonly=True)
    delivery_count = fields.Integer(compute="_compute_delivery_count")

    _event_id_uniq = models.UniqueIndex("(event_id)")
    _pending_idx = models.Index("(id) WHERE state = 'pending'")
    _record_idx = models.Index("(res_model, res_id)")

    @api.depends("data")
    def _compute_data_pretty(self):
        for event in self:
            event.data_pretty = pretty(event.data)

    def _compute_delivery_count(self):
        counts = dict(
            self.env["integration.delivery"]._read_group(
                [("event_id", "in", self.ids)], ["event_id"], ["__count"]
            )
        )
        for event in self:
            event.delivery_count = counts.get(event, 0)

    def action_open_deliveries(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deliveries"),
            "res_model": "integration.delivery",
            "view_mode": "list,form",
            "domain": [("event_id", "=", self.id)],
        }

    def action_build(self):
        """Build the data of events that could not be built, from the records as they are now."""
        self._check_operator()
        for event in self.filtered(lambda e: e.state == "unbuilt").sudo():
            event._build_again()
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def _build_again(self):
        declaration = declare.EVENTS.get((self.type, self.version))
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not declaration or not record:
            raise UserError(
                self.env._("%s cannot be built: its record or its declaration is gone.", self.subject)
            )
        draft = emission.Draft(declaration, self.res_id, self.event_id)
        emission.build_one(record, draft)
        if draft.error:
            raise UserError(self.env._("%(name)s: %(why)s", name=self.subject, why=draft.error))
        self._transition(
            "pending",
            ["unbuilt"],
            subject=draft.subject,
            partition_key=draft.partition_key,
            data=draft.data,
            error=False,
        )
