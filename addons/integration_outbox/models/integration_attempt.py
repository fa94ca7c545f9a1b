from odoo import fields, models


class IntegrationAttempt(models.Model):
    """One try of one delivery: what was sent and what came back. Written by the engine, never changed."""

    _name = "integration.attempt"
    _description = "Integration Attempt"
    _order = "id desc"
    _rec_name = "number"
    _log_access = False

    delivery_id = fields.Many2one(
        "integration.delivery", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="delivery_id.company_id")
    number = fields.Integer(string="Attempt", readonly=True)
    started_at = fields.Datetime(readonly=True)
    duration_ms = fields.Integer(string="Duration (ms)", readonly=True)
    is_success = fields.Boolean(readonly=True)
    status_code = fields.Integer(string="Answer", readonly=True)
    reason = fields.Char(readonly=True)
    url = fields.Char(string="Address", readonly=True)
    request_headers = fields.Text(readonly=True, help="Signatures are masked.")
    response_headers = fields.Text(readonly=True)
    response_body = fields.Text(readonly=True, help="The start of the answer.")
    worker = fields.Char(readonly=True)
