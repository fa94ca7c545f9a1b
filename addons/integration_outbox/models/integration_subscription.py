from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.policy import backoff, egress, patterns
from odoo.addons.integration_core.trust.sealing import Sealed

from ..engine.channel import Channel


class IntegrationSubscription(models.Model):
    """Which events a system gets, and where.

    active  events are delivered as they come
    paused  deliveries are kept and wait until it is resumed

    What is changed here (address, secret) applies to what waits already.
    """

    _name = "integration.subscription"
    _inherit = ["mail.thread", "integration.lifecycle"]
    _description = "Integration Subscription"
    _order = "system_id, name"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    system_id = fields.Many2one("integration.system", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    state = fields.Selection(
        [("active", "Active"), ("paused", "Paused")],
        required=True,
        readonly=True,
        default="active",
        tracking=True,
        copy=False,
    )
    event_patterns = fields.Text(
        string="Events",
        required=True,
        default="*",
        tracking=True,
        help="Names from the catalog, one per line; a star at the end stands for all that follows: "
        "manufacturing.*",
    )
    url = fields.Char(string="Address", required=True, tracking=True)
    timeout_s = fields.Integer(string="Timeout (s)", required=True, default=15)
    max_attempts = fields.Integer(string="Attempts", required=True, default=backoff.MAX_ATTEMPTS)
    has_secret = fields.Boolean(compute="_compute_secret_state")
    secret_problem = fields.Char(compute="_compute_secret_state")
    waiting_count = fields.Integer(string="Waiting", compute="_compute_counts")
    dead_count = fields.Integer(string="Dead", compute="_compute_counts")
    delivered_count = fields.Integer(string="Delivered", compute="_compute_counts")

    _timeout_positive = models.Constraint(
        "CHECK (timeout_s BETWEEN 1 AND 120)", "The timeout has to be between 1 and 120 seconds."
    )
    _attempts_positive = models.Constraint(
        "CHECK (max_attempts BETWEEN 1 AND 100)", "The number of attempts has to be between 1 and 100."
    )

    @api.constrains("event_patterns")
    def _check_event_patterns(self):
        for subscription in self:
            if not patterns.split(subscription.event_patterns):
                raise ValidationError(self.env._("Events: name at least one, or * for all."))
            wrong = patterns.mistake(subscription.event_patterns)
            if wrong:
                raise ValidationError(
                    self.env._(
                        "Events: %r is not an event name or pattern. "
                        "Write manufacturing.order.released, manufacturing.* or *.",
                        wrong,
                    )
                )

    @api.constrains("url")
    def _check_url(self):
        for subscription in self:
            try:
                egress.check_url(subscription.url)
            except egress.EgressRefused as error:
                raise ValidationError(self.env._("Address: %s", error)) from error

    @api.depends("system_id.credential_ids.state")
    def _compute_secret_state(self):
        for subscription in self:
            credentials = subscription.system_id._credentials("sign")
            subscription.has_secret = bool(credentials)
            try:
                credentials._keys()
                subscription.secret_problem = False
            except Sealed as error:
                subscription.secret_problem = str(error)

    def _compute_counts(self):
        groups = self.env["integration.delivery"]._read_group(
            [("subscription_id", "in", self.ids)], ["subscription_id", "state"], ["__count"]
        )
        counts = {(subscription.id, state): count for subscription, state, count in groups}
        waiting = ("pending", "sending", "retrying", "paused")
        for subscription in self:
            subscription.waiting_count = sum(counts.get((subscription.id, s), 0) for s in waiting)
            subscription.dead_count = counts.get((subscription.id, "dead"), 0)
            subscription.delivered_count = counts.get((subscription.id, "delivered"), 0)

    @api.model
    def _channels(self):
        """What sending needs of every subscription, as ``{id: Channel}``.

        A subscription that cannot send (no secret, or one that is sealed here) comes with the problem
        instead of its keys: its deliveries wait, the others go.
        """
        channels = {}
        for subscription in self.search([("system_id.active", "=", True)]):
            credentials = subscription.system_id._credentials("sign")
            problem, keys = None, []
            try:
                keys = credentials._keys()
            except Sealed as error:
                problem = str(error)
            if not keys and not problem:
                problem = self.env._("%s has no signing secret", subscription.system_id.name)
            channels[subscription.id] = Channel(
                id=subscription.id,
                is_paused=subscription.state == "paused",
                url=subscription.url,
                keys=tuple(keys),
                timeout_s=subscription.timeout_s,
                max_attempts=subscription.max_attempts,
                networks=tuple(subscription.system_id._networks()),
                problem=problem,
            )
        return channels

    # -- buttons ---------------------------------------------------------------------------------

    def action_pause(self):
        """What waits is kept; what is under way finishes."""
        self._transition("paused", ["active"])
        self.env["integration.delivery"]._pause_of(self)
        return True

    def action_resume(self):
        self._transition("active", ["paused"])
        self.env["integration.delivery"]._resume_of(self)
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def action_open_deliveries(self):
        self.ensure_one()
        state = self.env.context.get("delivery_state")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deliveries"),
            "res_model": "integration.delivery",
            "view_mode": "list,kanban,form",
            "domain": [("subscription_id", "=", self.id)],
            "context": {f"search_default_{state}": 1} if state else {},
        }
