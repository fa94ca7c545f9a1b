from odoo import api, fields, models

from odoo.addons.integration_core.wire.pretty import pretty

RETRIABLE = ("dead", "quarantined", "waiting", "retrying", "superseded")


class IntegrationMessage(models.Model):
    """One received event, kept as it came.

    received     accepted, waits for its turn
    processing   a worker applies it, until its lease runs out
    processed    applied; the records that it touched are linked
    waiting      what it names is not there yet, or one before it is missing
    retrying     could not be applied for another reason, and is tried again
    quarantined  does not have the shape that its type asks for
    superseded   a newer one was applied
    dead         will not be tried again by itself; the reason stands beside it

    Its effect and its state change in one transaction: applied once, however often it is sent.
    """

    _name = "integration.message"
    _inherit = ["integration.lifecycle"]
    _description = "Integration Message"
    _order = "id desc"
    _rec_name = "subject"
    _log_access = False

    endpoint_id = fields.Many2one("integration.endpoint", required=True, readonly=True, ondelete="restrict")
    system_id = fields.Many2one(related="endpoint_id.system_id")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    message_id = fields.Char(string="Message ID", required=True, readonly=True)
    event_id = fields.Char(string="Event ID", readonly=True)
    type = fields.Char(required=True, readonly=True)
    version = fields.Integer(required=True, readonly=True)
    source = fields.Char(readonly=True)
    subject = fields.Char(string="Reference", readonly=True, index=True)
    occurred_at = fields.Datetime(readonly=True)
    partition_key = fields.Char(readonly=True)
    sequence = fields.Integer(string="Number", readonly=True)
    correlation_id = fields.Char(readonly=True, index=True)
    traceparent = fields.Char(readonly=True)
    headers = fields.Text(readonly=True)
    body = fields.Text(readonly=True)
    body_sha256 = fields.Char(readonly=True)
    body_pretty = fields.Text(string="Payload", compute="_compute_body_pretty")
    remote_addr = fields.Char(string="From Address", readonly=True)
    state = fields.Selection(
        [
            ("received", "Received"),
            ("processing", "Processing"),
            ("waiting", "Waiting"),
            ("retrying", "Retrying"),
            ("processed", "Processed"),
            ("quarantined", "Quarantined"),
            ("superseded", "Superseded"),
            ("dead", "Dead"),
        ],
        required=True,
        readonly=True,
        default="received",
        group_expand=True,
    )
    reason = fields.Char(readonly=True)
    attempt_count = fields.Integer(string="Attempts", readonly=True)
    received_at = fields.Datetime(readonly=True)
    processed_at = fields.Datetime(readonly=True)
    next_attempt_at = fields.Datetime(string="Next Attempt", readonly=True)
    lease_until = fields.Datetime(readonly=True)
    leased_by = fields.Char(readonly=True)
    record_ids = fields.One2many("integration.message.record", "message_id", readonly=True)
    record_count = fields.Integer(compute="_compute_record_count")

    _message_uniq = models.UniqueIndex("(endpoint_id, message_id)")
    # The claim reads only what waits: it stays small beside any number of processed rows.
    _due_idx = models.Index("(next_attempt_at, id) WHERE state IN ('received', 'waiting', 'retrying')")
    _lease_idx = models.Index("(lease_until) WHERE state = 'processing'")
    _order_idx = models.Index("(endpoint_id, partition_key, sequence) WHERE sequence IS NOT NULL")

    @api.depends("body")
    def _compute_body_pretty(self):
        for message in self:
            message.body_pretty = pretty(message.body)

    @api.depends("record_ids")
    def _compute_record_count(self):
        for message in self:
            message.record_count = len(message.record_ids)

    @api.depends("subject", "type")
    def _compute_display_name(self):
        for message in self:
            message.display_name = f"{message.subject or message.message_id} · {message.type}"

    def action_retry(self):
        """Apply again now."""
        self._check_operator()
        self.sudo()._transition(
            "received", RETRIABLE, next_attempt_at=fields.Datetime.now(), attempt_count=0, reason=False
        )
        self.env["integration.worker"].sudo()._wake("inbox")
        return True
