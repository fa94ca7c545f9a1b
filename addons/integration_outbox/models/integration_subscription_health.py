from odoo import api, fields, models


class IntegrationSubscriptionHealth(models.Model):
    """State of a subscription that all workers share: its circuit breaker and its rate limiter.

    Apart from the subscription, whose row users write: the engine and they would be in each other's way.
    Written in SQL (``engine/health.py``).
    """

    _name = "integration.subscription.health"
    _description = "Subscription Health"
    _rec_name = "subscription_id"
    _log_access = False

    subscription_id = fields.Many2one(
        "integration.subscription", required=True, readonly=True, ondelete="cascade"
    )
    failures = fields.Integer(string="Consecutive Failures", readonly=True)
    openings = fields.Integer(readonly=True, help="Number of times in a row that delivery was put on hold.")
    open_until = fields.Datetime(string="On Hold Until", readonly=True)
    failing_since = fields.Datetime(readonly=True)
    # Digests of the keys that failed since the last success: a breaker counts those, not failures.
    failing_keys = fields.Json(readonly=True)
    tokens = fields.Float(readonly=True, help="Events that may be sent at once now.")
    tokens_at = fields.Datetime(readonly=True)
    mailed_at = fields.Datetime(string="Last Failure Report", readonly=True)

    _subscription_uniq = models.UniqueIndex("(subscription_id)")

    @api.model
    def _reset(self, subscriptions):
        """Closed and full: somebody changed what made it fail, or resumed it."""
        self.search([("subscription_id", "in", subscriptions.ids)]).write(
            {"failures": 0, "openings": 0, "open_until": False, "failing_since": False, "failing_keys": False}
        )

    @api.model
    def _probe_now(self, subscriptions):
        """Half-open at once: somebody asked to try again, and does not want to wait until the time is up."""
        now = fields.Datetime.now()
        self.search([("subscription_id", "in", subscriptions.ids), ("open_until", ">", now)]).write(
            {"open_until": now}
        )
