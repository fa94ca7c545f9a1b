import secrets

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, ValidationError

from odoo.addons.integration_core import logs, several_databases
from odoo.addons.integration_core.policy import patterns

from ..accept.settings import Settings, Strangers
from ..answer import PATH

_logger = logs.get_logger(__name__)


class IntegrationEndpoint(models.Model):
    """URL to which a system sends its events: the accepted event types and the authentication.

    Everything that is accepted becomes a message; nothing is applied in the request itself.
    """

    _name = "integration.endpoint"
    _inherit = ["mail.thread", "integration.audited"]
    _description = "Integration Endpoint"
    _order = "system_id, name"

    _audit_hides = ("token",)

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    system_id = fields.Many2one("integration.system", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    user_id = fields.Many2one(related="system_id.user_id", string="Service User")
    service_user_problem = fields.Char(related="system_id.service_user_problem")
    token = fields.Char(required=True, readonly=True, copy=False)
    url = fields.Char(string="URL", compute="_compute_url")
    is_ambiguous = fields.Boolean(string="Several Databases", compute="_compute_url")
    event_patterns = fields.Text(
        string="Accepted Events",
        required=True,
        default="*",
        tracking=True,
        help="Event types of the catalog, one per line. An asterisk at the end matches any suffix: execution.*",
    )
    unknown_policy = fields.Selection(
        [
            ("refuse", "Refuse (422)"),
            ("quarantine", "Quarantine"),
            ("keep", "Store Only"),
        ],
        string="Unknown Event Types",
        required=True,
        default="refuse",
        tracking=True,
        help="Handling of event types that no installed module has a handler for.",
    )
    batch_policy = fields.Selection(
        [("all", "All or nothing"), ("each", "Each event separately")],
        string="Batches",
        required=True,
        default="all",
        help="Handling of a batch in which an event is refused. The response has a result for every event.",
    )
    gap_wait_s = fields.Integer(
        string="Sequence Gap Timeout (s)",
        required=True,
        default=900,
        help="Seconds that messages wait for a missing sequence number before they are processed without it. "
        "0: no wait.",
    )
    limit_s = fields.Integer(
        string="Time Limit (s)",
        required=True,
        default=120,
        help="Seconds after which the processing of a message is stopped and rolled back.",
    )
    is_shadow = fields.Boolean(
        string="Dry Run",
        tracking=True,
        help="Messages are applied and rolled back, and the changes are stored for review. Use it to run in "
        "parallel with an existing interface.",
    )
    body_days = fields.Integer(
        string="Payload Retention (Days)",
        required=True,
        default=90,
        help="Days after which the payloads of completed messages are deleted. Failed and quarantined messages "
        "keep theirs.",
    )
    window_days = fields.Integer(
        string="Deduplication Window (Days)",
        required=True,
        default=400,
        help="Days within which a message with a known message ID is a duplicate and not applied again.",
    )
    # What waits up to this message is left out: its system was resumed without it. The engine does it in steps.
    discard_until_id = fields.Integer(readonly=True, copy=False)
    refusal_ids = fields.One2many(
        "integration.endpoint.refusal", "endpoint_id", string="Refused Requests", readonly=True
    )
    message_count_total = fields.Integer(string="Received", compute="_compute_counts")
    message_count_open = fields.Integer(string="Failed", compute="_compute_counts")

    _token_uniq = models.UniqueIndex("(token)")
    _bounds = models.Constraint(
        "CHECK (tolerance_s BETWEEN 1 AND 86400 AND max_body_kb BETWEEN 1 AND 65536 AND gap_wait_s >= 0)",
        "Clock tolerance must be 1 to 86400 s, max. payload size 1 to 65536 kB, sequence gap timeout 0 s or more.",
    )
    _limit_bounds = models.Constraint(
        "CHECK (limit_s BETWEEN 1 AND 3600)", "The time limit must be 1 to 3600 s."
    )
    _days_bounds = models.Constraint(
        "CHECK (body_days >= 1 AND window_days >= body_days)",
        "Payload retention must be 1 day or more, and the deduplication window not shorter than it.",
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
        begins = {}  # what to begin with is asked of the server, once for all
        for endpoint in self:
            base_url = endpoint.get_base_url()
            if base_url not in begins:
                begins[base_url] = several_databases.address(base_url, PATH, self.env.cr.dbname)
            begin, endpoint.is_ambiguous = begins[base_url]
            endpoint.url = endpoint.token and f"{begin}{endpoint.token}"

    def _compute_counts(self):
        groups = self.env["integration.message"]._read_group(
            [("endpoint_id", "in", self.ids)], ["endpoint_id", "state"], ["__count"]
        )
        for endpoint in self:
            own = [(state, count) for of, state, count in groups if of == endpoint]
            endpoint.message_count_total = sum(count for _state, count in own)
            endpoint.message_count_open = sum(c for state, c in own if state in ("dead", "quarantined"))

    # -- what accepting needs --------------------------------------------------------------------

    @api.model
    def _settings_of(self, token):
        """The :class:`Settings` of the endpoint that is open under this token; ``None`` where there is none.

        An unknown token costs what a known one does: all are in one place.
        """
        return self._all_settings().get(token)

    @api.model
    @tools.ormcache()
    def _all_settings(self):
        """``{token: Settings}``. Emptied by whatever changes one, in all processes."""
        found = {}
        for endpoint in self.sudo().search(
            [("system_id.active", "=", True), ("system_id.is_held", "=", False)]
        ):
            try:
                found[endpoint.token] = endpoint._settings()
            except ValueError as error:
                # What its form refuses, an import or another version may have left: the others go on.
                _logger.error(
                    "endpoint %s takes nothing, its settings cannot be read: %s", endpoint.id, error
                )
        return found

    @api.model
    @tools.ormcache()
    def _for_strangers(self):
        """:class:`Strangers`: what a request may cost before it is verified. Emptied like the settings."""
        return Strangers.of(list(self._all_settings().values()))

    def _settings(self):
        self.ensure_one()
        return Settings(
            id=self.id,
            patterns=tuple(patterns.split(self.event_patterns)),
            unknown_policy=self.unknown_policy,
            batch_policy=self.batch_policy,
            mapping=(self.mapping or "").strip(),
            source=f"/system/{self.system_id.id}",
            has_service_user=bool(self.user_id),
            system_id=self.system_id.id,
            **self._settings_of_verification(),
            **self._settings_of_bounds(),
        )

    def _forget_settings(self):
        """Let every process read the settings anew, once this transaction has committed and before."""
        registry = self.env.registry
        registry.clear_cache()
        # Another thread may read, and keep, what was valid until the commit.
        self.env.cr.postcommit.add(registry.clear_cache)

    @api.model_create_multi
    def create(self, vals_list):
        self._forget_settings()
        for vals in vals_list:
            self._check_token_not_chosen(vals)
        # Named, so that no default of the caller's context chooses it.
        return super().create([{"token": secrets.token_urlsafe(24), **vals} for vals in vals_list])

    def _check_token_not_chosen(self, vals):
        """Whoever may choose it may guess it, and may take the address of another endpoint over."""
        if "token" in vals and not self.env.su:
            raise AccessError(self.env._("The URL of an endpoint is made by Odoo and cannot be edited."))

    def write(self, vals):
        self._check_token_not_chosen(vals)
        self._forget_settings()
        return super().write(vals)

    def unlink(self):
        self._forget_settings()
        return super().unlink()

    # -- buttons ---------------------------------------------------------------------------------

    def action_create_service_user(self):
        """Create the service user of the endpoint's system."""
        self.ensure_one()
        return self.system_id.action_create_service_user()

    def action_open_messages(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Messages"),
            "res_model": "integration.message",
            "view_mode": "list,kanban,form",
            "domain": [("endpoint_id", "=", self.id)],
        }
