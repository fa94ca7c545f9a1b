from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

RETRIABLE = ("dead", "retrying", "cancelled", "expired")


class IntegrationDelivery(models.Model):
    """One event for one subscription.

    pending    queued
    sending    claimed by a worker until its lease ends
    delivered  the partner responded with HTTP 2xx
    retrying   failed; the next attempt is at ``next_attempt_at``
    dead       failed finally; ``reason`` says why (the dead letter of other systems)
    cancelled  a user decided not to send it
    expired    older than the subscription allows

    The engine moves rows in SQL (``engine/deliveries.py``, ``engine/settle.py``), people by the buttons here. While
    its subscription is paused, or its system suspended, a delivery keeps its state: the claim passes it by.
    """

    _name = "integration.delivery"
    _inherit = ["integration.lifecycle"]
    _description = "Integration Delivery"
    _order = "id desc"
    _log_access = False

    event_id = fields.Many2one("integration.event", required=True, readonly=True, ondelete="cascade")
    subscription_id = fields.Many2one(
        "integration.subscription", required=True, readonly=True, ondelete="restrict"
    )
    system_id = fields.Many2one(related="subscription_id.system_id")
    company_id = fields.Many2one(related="subscription_id.company_id")
    subject = fields.Char(related="event_id.subject", string="Reference")
    event_type = fields.Char(related="event_id.type", string="Event Type")
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("sending", "Sending"),
            ("retrying", "Retrying"),
            ("delivered", "Delivered"),
            ("dead", "Failed"),
            ("cancelled", "Cancelled"),
            ("expired", "Expired"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="pending",
    )
    attempt_count = fields.Integer(string="Attempts", readonly=True, default=0)
    failure_count = fields.Integer(
        readonly=True, default=0, help="Failed attempts since the last retry by hand. It sets the next delay."
    )
    crash_count = fields.Integer(
        readonly=True, default=0, help="Number of workers that stopped while sending it."
    )
    created_at = fields.Datetime(string="Created On", readonly=True, default=fields.Datetime.now)
    next_attempt_at = fields.Datetime(string="Next Attempt", readonly=True, default=fields.Datetime.now)
    delivered_at = fields.Datetime(string="Delivered On", readonly=True)
    died_at = fields.Datetime(string="Failed On", readonly=True)
    lease_until = fields.Datetime(readonly=True)
    leased_by = fields.Char(readonly=True)
    status_code = fields.Integer(string="HTTP Status", readonly=True)
    reason = fields.Char(string="Failure Reason", readonly=True, help="Why the last attempt failed.")
    partition_key = fields.Char(
        string="Ordering Key",
        readonly=True,
        help="With ordered delivery, events with the same key are sent one after the other.",
    )
    # The place in its key's line: drawn from the ids' sequence when it is lined up, anew when replayed.
    position = fields.Integer(readonly=True)
    after_id = fields.Many2one(
        "integration.delivery",
        string="Waits For",
        readonly=True,
        ondelete="set null",
        help="Earlier delivery of the same key. It is sent first.",
    )
    replay_id = fields.Many2one(
        "integration.replay", readonly=True, ondelete="set null", index="btree_not_null",
        help="Replay that sent this event again.",
    )  # fmt: skip
    body = fields.Text(string="Request Body", compute="_compute_body")
    attempt_ids = fields.One2many("integration.attempt", "delivery_id", readonly=True)

    _event_subscription_uniq = models.UniqueIndex("(event_id, subscription_id)")
    # Partial, all of them: they stay small beside any number of delivered rows.
    _due_idx = models.Index(
        "(subscription_id, next_attempt_at, id) WHERE state IN ('pending', 'retrying') AND after_id IS NULL"
    )
    _held_idx = models.Index("(subscription_id, state) WHERE state = 'dead'")
    # Fallen back to an ordered subscription, and to be enqueued.
    _unplaced_idx = models.Index(
        "(event_id) WHERE state = 'pending' AND next_attempt_at IS NULL AND position IS NULL"
        " AND partition_key IS NOT NULL"
    )
    _lease_idx = models.Index("(subscription_id, lease_until) WHERE state = 'sending'")
    _leaving_idx = models.Index("(id) WHERE state = 'cancelled' AND position IS NOT NULL")
    _after_idx = models.Index("(after_id) WHERE after_id IS NOT NULL")
    _tail_idx = models.Index(
        "(subscription_id, partition_key, position) WHERE partition_key IS NOT NULL"
        " AND state NOT IN ('delivered', 'cancelled', 'expired')"
    )

    def init(self):
        # Each row is updated twice soon after it came: room beside it, and statistics that keep up.
        self.env.cr.execute(
            """
            ALTER TABLE integration_delivery SET (
                fillfactor = 70,
                autovacuum_vacuum_scale_factor = 0.02,
                autovacuum_analyze_scale_factor = 0.02,
                autovacuum_vacuum_cost_delay = 1
            )
            """
        )

    @api.depends("event_id")
    def _compute_display_name(self):
        for delivery in self:
            delivery.display_name = f"{delivery.subject} · {delivery.event_type}"

    @api.depends_context("uid")
    @api.depends("event_id", "subscription_id")
    def _compute_body(self):
        for delivery in self:
            delivery.body = delivery.subscription_id._body_of(delivery.event_id)

    def action_retry(self):
        """Queue it for an attempt now, with the full number of attempts. An open breaker probes at once."""
        self._check_payloads()
        # What has left its ordered queue is enqueued anew, at its end, by the engine (``enqueue_unplaced``).
        unplaced = self.sudo().filtered(
            lambda d: d.subscription_id.is_ordered and d.partition_key and not d.position
        )
        (self - unplaced)._transition(
            "pending", RETRIABLE, next_attempt_at=fields.Datetime.now(), failure_count=0
        )
        unplaced.with_env(self.env)._transition("pending", RETRIABLE, next_attempt_at=False, failure_count=0)
        self._account_for("retried", self.env._("retried"))
        self.env["integration.subscription.health"].sudo()._probe_now(self.subscription_id)
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def _check_payloads(self):
        erased = self.sudo().event_id.filtered(lambda event: not event.data)
        if erased:
            raise UserError(
                self.env._("%s has no payload any more: there is nothing to send.", erased[0].subject)
            )

    def _erase_payload(self, request):
        """The payload is its event's; of its own it has a reason, which may quote the partner."""
        request._redact(self, "reason")

    def action_cancel(self):
        self._transition("cancelled", ("pending", "retrying", "dead"))
        self._account_for("cancelled", self.env._("cancelled"))
        return True

    def _transition(self, target, allowed, **values):
        self._check_operator()
        return super(IntegrationDelivery, self.sudo())._transition(target, allowed, **values)

    @api.model
    def _counts_of(self, subscriptions):
        """How many wait, and how many are dead: ``({subscription id: count}, {…})``.

        Reads nothing but partial indexes: _due_idx, _held_idx, _lease_idx, and _after_idx for those that
        wait for another one.
        """
        waiting, dead = {}, {}
        if not subscriptions.ids:
            return waiting, dead
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT subscription_id, state, count(*)
                  FROM (SELECT subscription_id, state FROM integration_delivery
                         WHERE subscription_id IN %(ids)s AND state IN ('pending', 'retrying')
                           AND after_id IS NULL
                     UNION ALL
                        SELECT subscription_id, state FROM integration_delivery
                         WHERE subscription_id IN %(ids)s AND state IN ('pending', 'retrying')
                           AND after_id IS NOT NULL
                     UNION ALL
                        SELECT subscription_id, state FROM integration_delivery
                         WHERE subscription_id IN %(ids)s AND state = 'sending'
                     UNION ALL
                        SELECT subscription_id, state FROM integration_delivery
                         WHERE subscription_id IN %(ids)s AND state = 'dead') AS open
                 GROUP BY subscription_id, state
                """,
                ids=tuple(subscriptions.ids),
            )
        )
        for subscription_id, state, count in self.env.cr.fetchall():
            counts = dead if state == "dead" else waiting
            counts[subscription_id] = counts.get(subscription_id, 0) + count
        return waiting, dead

    @api.model
    def _order_waiting_of(self, subscriptions):
        """Order what waits already, by key, in the order of the events."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE integration_delivery AS delivery
                   SET partition_key = ordered.key, position = delivery.id, after_id = ordered.ahead
                  FROM (SELECT waiting.id, event.partition_key AS key,
                               lag(waiting.id) OVER (PARTITION BY waiting.subscription_id, event.partition_key
                                                     ORDER BY event.id) AS ahead
                          FROM integration_delivery AS waiting
                          JOIN integration_event AS event ON event.id = waiting.event_id
                         WHERE waiting.subscription_id IN %s
                           AND waiting.state IN ('pending', 'retrying')
                           AND waiting.position IS NULL) AS ordered
                 WHERE delivery.id = ordered.id
                """,
                tuple(subscriptions.ids),
            )
        )
        self.invalidate_model(["partition_key", "position", "after_id"])

    def action_replay(self):
        """Open a replay of exactly these deliveries; what waits to be sent anyway is left as it is."""
        self._check_operator()
        return self.env["integration.replay"]._open_selection_of(self)

    def action_open_event(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.event",
            "res_id": self.event_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
