import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.policy import patterns
from odoo.addons.integration_core.trust.sealing import Sealed
from odoo.addons.integration_core.wire.standard_webhooks import TOLERANCE_S

PATH = "/integration/in/"


class IntegrationEndpoint(models.Model):
    """One address where a system posts: what it may send, and how that is verified.

    Everything that is accepted becomes a message; nothing is applied in the request itself.
    """

    _name = "integration.endpoint"
    _inherit = ["mail.thread"]
    _description = "Integration Endpoint"
    _order = "system_id, name"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    system_id = fields.Many2one("integration.system", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    user_id = fields.Many2one(related="system_id.user_id", string="Service User")
    token = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: secrets.token_urlsafe(24)
    )
    url = fields.Char(string="Address", compute="_compute_url")
    event_patterns = fields.Text(
        string="Accepted Events",
        required=True,
        default="*",
        tracking=True,
        help="Names from the catalog, one per line; a star at the end stands for all that follows: "
        "execution.*",
    )
    unknown_policy = fields.Selection(
        [
            ("refuse", "Refuse (422)"),
            ("quarantine", "Take and put aside"),
        ],
        string="Unknown Event Types",
        required=True,
        default="refuse",
        tracking=True,
        help="What happens to an event that no installed module knows.",
    )
    tolerance_s = fields.Integer(
        string="Clock Tolerance (s)",
        required=True,
        default=TOLERANCE_S,
        help="How far the sender's timestamp may be from our clock.",
    )
    max_body_kb = fields.Integer(string="Largest Body (kB)", required=True, default=1024)
    gap_wait_s = fields.Integer(
        string="Wait for Missing Numbers (s)",
        required=True,
        default=900,
        help="When the sender numbers its events and one is missing, those after it wait so long for it.",
    )
    has_secret = fields.Boolean(compute="_compute_has_secret")
    message_count_total = fields.Integer(string="Received", compute="_compute_counts")
    message_count_open = fields.Integer(string="To Check", compute="_compute_counts")

    _token_uniq = models.UniqueIndex("(token)")
    _bounds = models.Constraint(
        "CHECK (tolerance_s BETWEEN 1 AND 86400 AND max_body_kb BETWEEN 1 AND 65536 AND gap_wait_s >= 0)",
        "The clock tolerance is 1 to 86400 s, the largest body 1 to 65536 kB, the wait 0 s or more.",
    )

    @api.constrains("event_patterns")
    def _check_event_patterns(self):
        for endpoint in self:
            wrong = patterns.mistake(endpoint.event_patterns)
            if wrong or not patterns.split(endpoint.event_patterns):
                raise ValidationError(
                    self.env._(
                        "Accepted events: %r is not an event name or pattern. "
                        "Write execution.operation.started, execution.* or *.",
                        wrong or "",
                    )
                )

    @api.depends("token")
    def _compute_url(self):
        for endpoint in self:
            endpoint.url = f"{endpoint.get_base_url()}{PATH}{endpoint.token}"

    @api.depends("system_id.credential_ids.state")
    def _compute_has_secret(self):
        for endpoint in self:
            endpoint.has_secret = bool(endpoint.system_id._credentials("verify"))

    def _compute_counts(self):
        groups = self.env["integration.message"]._read_group(
            [("endpoint_id", "in", self.ids)], ["endpoint_id", "state"], ["__count"]
        )
        for endpoint in self:
            own = [(state, count) for of, state, count in groups if of == endpoint]
            endpoint.message_count_total = sum(count for _state, count in own)
            endpoint.message_count_open = sum(c for state, c in own if state in ("dead", "quarantined"))

    @api.model
    def _by_token(self, token):
        """The endpoint that is open under this token; empty when there is none."""
        return self.sudo().search([("token", "=", token), ("system_id.active", "=", True)])

    def _keys(self):
        """What senders may sign with now; none while they cannot be opened on this server."""
        credentials = self.system_id._credentials("verify")
        try:
            return credentials._keys(), None
        except Sealed as error:
            return [], str(error)

    def action_open_messages(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "integration.message",
            "view_mode": "list,kanban,form",
            "domain": [("endpoint_id", "=", self.id)],
        }
