import json

from odoo import api, fields, models

from odoo.addons.integration_core.models.integration_classified import SEES_ALL
from odoo.addons.integration_core.policy import masking

# Headers of a response that say nothing of what was sent.
QUOTES_NOTHING = {
    "connection", "content-encoding", "content-length", "content-type", "date", "keep-alive", "retry-after",
    "server", "transfer-encoding", "vary",
}  # fmt: skip


class IntegrationAttempt(models.Model):
    """One attempt of a delivery: request and response. Written by the engine, never changed."""

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
    started_at = fields.Datetime(string="Sent On", readonly=True)
    duration_ms = fields.Integer(string="Duration (ms)", readonly=True)
    is_success = fields.Boolean(readonly=True)
    result = fields.Selection(
        [("success", "Success"), ("failure", "Failure")],
        compute="_compute_result",
        help="HTTP 2xx is a success.",
    )
    status_code = fields.Integer(string="HTTP Status", readonly=True)
    reason = fields.Char(string="Failure Reason", readonly=True)
    url = fields.Char(string="URL", readonly=True)
    request_headers = fields.Text(readonly=True, help="Signatures are masked.")
    request_headers_text = fields.Text(string="Request Headers (Text)", compute="_compute_headers_text")
    request_body = fields.Text(compute="_compute_request_body", help="Body that the subscription builds now.")
    response_headers = fields.Text(string="Response Headers (Raw)", readonly=True, groups=SEES_ALL)
    response_headers_text = fields.Text(string="Response Headers", compute="_compute_response")
    response_body = fields.Text(string="Response Body (Raw)", readonly=True, groups=SEES_ALL)
    response_body_text = fields.Text(
        string="Response Body",
        compute="_compute_response",
        help="Start of the response body. It is masked like the payload, because partners quote what they got.",
    )
    replay_id = fields.Many2one(
        "integration.replay", readonly=True, ondelete="set null", index="btree_not_null"
    )
    worker = fields.Char(readonly=True)

    @api.depends("is_success")
    def _compute_result(self):
        for attempt in self:
            attempt.result = "success" if attempt.is_success else "failure"

    def _erase_payload(self, request):
        self.write({"response_body": False, "response_headers": False})
        request._redact(self, "reason")

    @api.depends_context("uid")
    @api.depends("delivery_id")
    def _compute_request_body(self):
        for attempt in self:  # not a related field: that would see what the superuser sees
            attempt.request_body = attempt.delivery_id.body

    @api.depends("request_headers")
    def _compute_headers_text(self):
        for attempt in self:
            attempt.request_headers_text = lines_of(attempt.request_headers)

    @api.depends_context("uid")
    @api.depends("response_headers", "response_body")
    def _compute_response(self):
        for attempt, opened in zip(self, self.sudo(), strict=True):
            event = opened.delivery_id.event_id.with_env(self.env)
            hidden = opened.delivery_id.subscription_id._hidden_in_body_of(opened.delivery_id.event_id)
            attempt.response_headers_text = lines_of(_headers_shown(event, opened.response_headers, hidden))
            attempt.response_body_text = event._shown_answer(
                opened.response_body, hidden, opened.delivery_id.event_id.data
            )


def _headers_shown(event, headers, hidden):
    """The response's headers as this user may see them: those that quote nothing, where something is hidden."""
    if not hidden or event._sees_all():
        return headers
    known = json.loads(headers or "{}")
    return json.dumps({n: v if n in QUOTES_NOTHING else masking.MASK for n, v in known.items()})


def lines_of(headers):
    """Headers as people read them, one per line."""
    return "\n".join(f"{name}: {value}" for name, value in json.loads(headers or "{}").items())
