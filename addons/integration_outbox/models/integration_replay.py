from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.integration_core.policy import patterns


class IntegrationReplay(models.Model):
    """A batch of events that is sent again: those of a period, or those that were selected in a list.

    draft       being put together
    running     the engine queues its events again, so many per second
    done        all of them were queued
    cancelling  asked to stop; the engine takes back what was not sent yet
    cancelled   stopped

    An event keeps its id, so that a partner that has it already recognizes it. A delivery that is in
    progress anyway is left as it is.
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
            ("cancelling", "Cancelling"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, readonly=True
    )
    since = fields.Datetime(
        string="From",
        required=True,
        default=lambda self: fields.Datetime.subtract(fields.Datetime.now(), hours=1),
    )
    until = fields.Datetime(string="To", required=True, default=fields.Datetime.now)
    event_patterns = fields.Text(
        string="Event Types",
        required=True,
        default="*",
        help="Event types or patterns, one per line: manufacturing.order.released, manufacturing.*, * for all.",
    )
    system_id = fields.Many2one(
        "integration.system", check_company=True, help="Empty: the events go to all systems that want them."
    )
    subscription_ids = fields.Many2many(
        "integration.subscription",
        string="Subscriptions",
        domain="[('company_id', '=', company_id)]",
        help="Empty: the events go to all subscriptions of the system that want them.",
    )
    which = fields.Selection(
        [("all", "All"), ("undelivered", "Not delivered")],
        string="Deliveries",
        required=True,
        default="all",
    )
    rate_per_s = fields.Integer(
        string="Events per Second",
        required=True,
        default=50,
        help="Maximum rate at which events are queued again. It leaves room for new events. 1 to 10,000.",
    )
    event_count = fields.Integer(string="Matching Events", compute="_compute_event_count")
    total = fields.Integer(readonly=True, copy=False)
    handed_out = fields.Integer(string="Queued", readonly=True, copy=False, required=True, default=0)
    progress = fields.Float(compute="_compute_progress")
    cursor_id = fields.Integer(readonly=True, copy=False, help="Last event that was processed.")
    last_id = fields.Integer(readonly=True, copy=False)
    started_at = fields.Datetime(readonly=True, copy=False)
    finished_at = fields.Datetime(readonly=True, copy=False)
    user_id = fields.Many2one("res.users", string="Started By", readonly=True, copy=False)
    delivery_ids = fields.One2many("integration.delivery", "replay_id")
    delivery_count = fields.Integer(compute="_compute_delivery_count")
    waiting_count = fields.Integer(string="Waiting", compute="_compute_delivery_count")

    _running_idx = models.Index("(id) WHERE state IN ('running', 'cancelling')")
    _rate_positive = models.Constraint(
        "CHECK (rate_per_s BETWEEN 1 AND 10000)", "Events per second: enter 1 to 10,000."
    )
    _span_in_order = models.Constraint("CHECK (since < until)", "The end of the period is before its start.")

    @api.depends("since", "system_id")
    @api.depends_context("tz", "lang")
    def _compute_name(self):
        for replay in self:
            since = fields.Datetime.context_timestamp(replay, replay.since) if replay.since else None
            replay.name = self.env._(
                "Events since %(since)s to %(whom)s",
                since=since.strftime("%Y-%m-%d %H:%M") if since else "",
                whom=replay.system_id.name or replay.env._("all systems"),
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
                    self.env._("Event types: %s is not an event type or pattern.", wrong or '""')
                )

    def write(self, vals):
        """What has begun is the engine's: it is only stopped."""
        if not self.env.su and any(replay.state != "draft" for replay in self):
            raise UserError(
                self.env._("You cannot change a replay that was started. You can only cancel it.")
            )
        return super().write(vals)

    def _events_domain(self):
        """The events of the period; index: integration_event_occurred_idx"""
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

    def _extent(self):
        """``(first id, last id, how many)`` of what the engine goes through."""
        events, domain = self.env["integration.event"], self._events_domain()
        first = events.search(domain, order="id", limit=1)
        last = events.search(domain, order="id desc", limit=1)
        return first.id, last.id, events.search_count(domain)

    def _account_details(self):
        return {
            "total": self.total,
            "since": str(self.since),
            "until": str(self.until),
            "patterns": self.event_patterns,
        }

    # -- buttons ---------------------------------------------------------------------------------

    def action_start(self):
        self._check_operator()
        for replay in self.sudo():
            first_id, last_id, total = replay._extent()
            if not total:
                raise UserError(self.env._("No event of this replay can be sent again."))
            replay._transition(
                "running",
                ["draft"],
                total=total,
                cursor_id=first_id - 1,
                last_id=last_id,
                started_at=fields.Datetime.now(),
                user_id=self.env.uid,
            )
            replay._account_for("started", self.env._("started"), **replay._account_details())
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def action_cancel(self):
        """Cancel what was not sent yet."""
        self._check_operator()
        self.sudo()._transition("cancelling", ["running", "done"])
        self._account_for("cancelled", self.env._("cancelled"))
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def action_open_deliveries(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replayed Deliveries"),
            "res_model": "integration.delivery",
            "view_mode": "list,kanban,form",
            "domain": [("replay_id", "=", self.id)],
        }
