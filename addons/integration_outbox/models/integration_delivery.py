from odoo import api, fields, models
from odoo.tools import SQL

RETRIABLE = ("dead", "retrying", "cancelled", "expired")


class IntegrationDelivery(models.Model):
    """One event for one subscription.

    pending    waits for its turn
    sending    a worker has it, until its lease runs out
    delivered  the partner answered 2xx
    retrying   failed, and is tried again at ``next_attempt_at``
    dead       will not be tried again by itself; the reason stands beside it
    paused     its subscription is paused
    cancelled  a person decided that it is not sent
    expired    too old to be of use

    The engine moves rows in SQL (``engine/claim.py``, ``engine/settle.py``), people by the buttons here.
    """

    _name = "integration.delivery"
    _inherit = ["integration.lifecycle"]
    _description = "Integration Delivery"
    _order = "id desc"
    _log_access = False

    event_id = fields.Many2one(
        "integration.event", required=True, readonly=True, ondelete="cascade", index=True
    )
    subscription_id = fields.Many2one(
        "integration.subscription", required=True, readonly=True, ondelete="restrict"
    )
    system_id = fields.Many2one(related="subscription_id.system_id")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    subject = fields.Char(related="event_id.subject", string="Reference")
    event_type = fields.Char(related="event_id.type", string="Event Type")
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("sending", "Sending"),
            ("retrying", "Retrying"),
            ("delivered", "Delivered"),
            ("dead", "Dead"),
            ("paused", "Paused"),
            ("cancelled", "Cancelled"),
            ("expired", "Expired"),
        ],
        required=True,
        readonly=True,
        default="pending",
        group_expand=True,
    )
    attempt_count = fields.Integer(string="Attempts", readonly=True, default=0)
    failure_count = fields.Integer(
        readonly=True, default=0, help="Failures since it was last begun; decides how long it waits."
    )
    created_at = fields.Datetime(readonly=True, default=fields.Datetime.now)
    next_attempt_at = fields.Datetime(string="Next Attempt", readonly=True, default=fields.Datetime.now)
    delivered_at = fields.Datetime(readonly=True)
    lease_until = fields.Datetime(readonly=True)
    leased_by = fields.Char(readonly=True)
    status_code = fields.Integer(string="Last Answer", readonly=True)
    reason = fields.Char(readonly=True, help="Why the last attempt failed.")
    attempt_ids = fields.One2many("integration.attempt", "delivery_id", readonly=True)

    _event_subscription_uniq = models.UniqueIndex("(subscription_id, event_id)")
    # The claim reads only what waits: it stays small beside any number of delivered rows.
    _due_idx = models.Index("(subscription_id, next_attempt_at, id) WHERE state IN ('pending', 'retrying')")
    _lease_idx = models.Index("(lease_until) WHERE state = 'sending'")
    _state_idx = models.Index("(subscription_id, state) WHERE state NOT IN ('delivered')")

    @api.depends("event_id")
    def _compute_display_name(self):
        for delivery in self:
            delivery.display_name = f"{delivery.subject} · {delivery.event_type}"

    def action_retry(self):
        """Try again now, with the full number of attempts."""
        self._transition("pending", RETRIABLE, next_attempt_at=fields.Datetime.now(), failure_count=0)
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def action_cancel(self):
        return self._transition("cancelled", ("pending", "retrying", "paused", "dead"))

    def _transition(self, target, allowed, **values):
        self._check_operator()
        return super(IntegrationDelivery, self.sudo())._transition(target, allowed, **values)

    @api.model
    def _pause_of(self, subscriptions):
        """index: _due_idx"""
        self._move(subscriptions, ("pending", "retrying"), "paused")

    @api.model
    def _resume_of(self, subscriptions):
        """index: _state_idx"""
        self._move(subscriptions, ("paused",), "pending")

    def _move(self, subscriptions, sources, target):
        """A transition of all deliveries of some subscriptions at once, however many there are."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE integration_delivery
                   SET state = %s, next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE subscription_id IN %s AND state IN %s
                """,
                target,
                tuple(subscriptions.ids),
                sources,
            )
        )
        self.invalidate_model(["state", "next_attempt_at"])

    def action_open_event(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.event",
            "res_id": self.event_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
