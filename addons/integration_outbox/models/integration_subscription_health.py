from odoo import api, fields, models


class IntegrationSubscriptionHealth(models.Model):
    """What all workers share about one subscription: its breaker, and the bucket of its rate limit.

    Apart from the subscription, whose row people write: the engine and they would be in each other's way.
    Written in SQL (``engine/health.py``).
    """

    _name = "integration.subscription.health"
    _description = "Health of a Subscription"
    _rec_name = "subscription_id"
    _log_access = False

    subscription_id = fields.Many2one(
        "integration.subscription", required=True, readonly=True, ondelete="cascade"
    )
    failures = fields.Integer(string="Failures in a Row", readonly=True)
    openings = fields.Integer(readonly=True, help="How often in a row sending was stopped for a while.")
    open_until = fields.Datetime(string="Stopped Until", readonly=True)
    failing_since = fields.Datetime(readonly=True)
    # Digests of the keys that failed since the last success: a breaker counts those, not failures.
    failing_keys = fields.Json(readonly=True)
    tokens = fields.Float(readonly=True, help="How many may go out at once now.")
    tokens_at = fields.Datetime(readonly=True)
    mailed_at = fields.Datetime(string="Last Report of Dead Letters", readonly=True)

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
