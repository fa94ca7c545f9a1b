from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.integration_core.policy import patterns


class IntegrationReplay(models.Model):
    """Sending events of a span of time again: "everything since 14:00, to the WMS".

    draft       being put together
    running     the engine hands its events out again, so many per second
    done        all of them were handed out
    cancelling  asked to stop; the engine takes back what was not sent yet
    cancelled   stopped

    An event keeps its id, so that a partner who has it already knows it. What waits or is under way anyway
    is left as it is.
    """

    _name = "integration.replay"
    _inherit = ["integration.lifecycle"]
    _description = "Replay"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("done", "Done"),
            ("cancelling", "Stopping"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, readonly=True
    )
    since = fields.Datetime(
        required=True, default=lambda self: fields.Datetime.subtract(fields.Datetime.now(), hours=1)
    )
    until = fields.Datetime(required=True, default=fields.Datetime.now)
    event_patterns = fields.Text(string="Events", required=True, default="*")
    system_id = fields.Many2one("integration.system", check_company=True, help="Empty: every system.")
    subscription_ids = fields.Many2many(
        "integration.subscription",
        string="Subscriptions",
        domain="[('company_id', '=', company_id)]",
        help="Empty: all of the system that want these events.",
    )
    which = fields.Selection(
        [("all", "All events"), ("undelivered", "Those that were not delivered")],
        required=True,
        default="all",
    )
    rate_per_s = fields.Integer(
        string="Events per Second", required=True, default=50, help="So that what is new is not held up."
    )
    event_count = fields.Integer(string="Events in This Span", compute="_compute_event_count")
    total = fields.Integer(readonly=True, copy=False)
    handed_out = fields.Integer(readonly=True, copy=False, required=True, default=0)
    progress = fields.Float(compute="_compute_progress")
    cursor_id = fields.Integer(readonly=True, copy=False, help="The last event that was looked at.")
    last_id = fields.Integer(readonly=True, copy=False)
    started_at = fields.Datetime(readonly=True, copy=False)
    finished_at = fields.Datetime(readonly=True, copy=False)
    user_id = fields.Many2one("res.users", string="Started By", readonly=True, copy=False)
    delivery_ids = fields.One2many("integration.delivery", "replay_id")
    delivery_count = fields.Integer(compute="_compute_delivery_count")
    waiting_count = fields.Integer(string="Not Sent Yet", compute="_compute_delivery_count")

    _running_idx = models.Index("(id) WHERE state IN ('running', 'cancelling')")
    _rate_positive = models.Constraint(
        "CHECK (rate_per_s BETWEEN 1 AND 10000)", "Between 1 and 10,000 events per second."
    )
    _span_in_order = models.Constraint("CHECK (since < until)", "The span ends before it begins.")

    @api.depends("since", "system_id")
    @api.depends_context("tz", "lang")
    def _compute_name(self):
        for replay in self:
            whom = replay.system_id.name or replay.env._("every system")
            since = fields.Datetime.context_timestamp(replay, replay.since) if replay.since else None
            replay.name = self.env._(
                "Since %(since)s to %(whom)s",
                since=since.strftime("%Y-%m-%d %H:%M") if since else "",
                whom=whom,
            )

    @api.depends("handed_out", "total", "state")
    def _compute_progress(self):
        for replay in self:
            share = 100.0 * replay.handed_out / replay.total if replay.total else 0.0
            replay.progress = 100.0 if replay.state == "done" else share

    def _compute_delivery_count(self):
        groups = self.env["integration.delivery"]._read_group(
            [("replay_id", "in", self.ids)], ["replay_id", "state"], ["__count"]
        )
        for replay in self:
            counts = {state: count for own, state, count in groups if own == replay}
            replay.delivery_count = sum(counts.values())
            replay.waiting_count = sum(counts.get(s, 0) for s in ("pending", "retrying"))

    @api.depends("since", "until", "event_patterns", "system_id", "subscription_ids")
    def _compute_event_count(self):
        for replay in self:
            domain = replay._events_domain()
            replay.event_count = self.env["integration.event"].search_count(domain) if domain else 0

    @api.constrains("event_patterns")
    def _check_event_patterns(self):
        for replay in self:
            wrong = patterns.mistake(replay.event_patterns)
            if wrong or not patterns.split(replay.event_patterns):
                raise ValidationError(
                    self.env._("Events: %s is not an event name or pattern.", wrong or "nothing")
                )

    def write(self, vals):
        """What has begun is the engine's: it is only stopped."""
        if not self.env.su and any(replay.state != "draft" for replay in self):
            raise UserError(self.env._("A replay that was started can only be stopped."))
        return super().write(vals)

    def _events_domain(self):
        """The events of the span; index: integration_event_occurred_idx"""
        self.ensure_one()
        if not (self.since and self.until):
            return None
        names = patterns.split(self.event_patterns)
        span = Domain(
            [
                ("company_id", "in", [self.company_id.id, False]),
                ("occurred_at", ">=", self.since),
                ("occurred_at", "<=", self.until),
                ("error", "=", False),
            ]
        )
        if "*" in names:
            return span
        exact = Domain("type", "in", [name for name in names if not name.endswith(".*")])
        below = [Domain("type", "=like", f"{name[:-1]}%") for name in names if name.endswith(".*")]
        return span & Domain.OR([exact, *below])

    # -- buttons ---------------------------------------------------------------------------------

    def action_start(self):
        self._check_operator()
        self = self.sudo()
        events = self.env["integration.event"]
        for replay in self:
            domain = replay._events_domain()
            first = events.search(domain, order="id", limit=1)
            if not first:
                raise UserError(self.env._("Nothing happened in this span that could be sent again."))
            replay._transition(
                "running",
                ["draft"],
                total=events.search_count(domain),
                cursor_id=first.id - 1,
                last_id=events.search(domain, order="id desc", limit=1).id,
                started_at=fields.Datetime.now(),
                user_id=self.env.uid,
            )
            replay._account_for(
                "started",
                self.env._("%s events are sent again", replay.total),
                since=str(replay.since),
                until=str(replay.until),
                patterns=replay.event_patterns,
            )
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def action_cancel(self):
        """What was not sent yet is taken back."""
        self._check_operator()
        self.sudo()._transition("cancelling", ["running", "done"])
        self._account_for("cancelled", self.env._("stopped"))
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def action_open_deliveries(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sent Again"),
            "res_model": "integration.delivery",
            "view_mode": "list,kanban,form",
            "domain": [("replay_id", "=", self.id)],
        }
