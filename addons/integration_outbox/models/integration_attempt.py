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
    request_headers_text = fields.Text(string="Request", compute="_compute_headers_text")
    request_body = fields.Text(compute="_compute_request_body", help="As the subscription is now.")
    response_headers = fields.Text(string="Stored Response Headers", readonly=True, groups=SEES_ALL)
    response_headers_text = fields.Text(string="Response Headers", compute="_compute_response")
    response_body = fields.Text(string="Stored Response Body", readonly=True, groups=SEES_ALL)
    response_body_text = fields.Text(
        string="Response Body",
        compute="_compute_response",
        help="The beginning of the response. Partners quote what they got: it is masked like the payload.",
    )
    replay_id = fields.Many2one(
        "integration.replay", readonly=True, ondelete="set null", index="btree_not_null"
    )
    worker = fields.Char(readonly=True)

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
