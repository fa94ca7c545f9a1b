from odoo import api, fields, models
from odoo.tools import SQL


class IntegrationDeliveryHour(models.Model):
    """Counts of a subscription's deliveries in one hour, by outcome.

    The engine counts in the transaction that writes the answers down (``engine/rollup.py``), so the counts
    are right at any moment and outlive the deliveries. An hour has several rows, one for each ``slot``:
    workers do not wait for each other's.
    """

    _name = "integration.delivery.hour"
    _description = "Deliveries by Hour"
    _order = "hour desc"
    _rec_name = "hour"
    _log_access = False

    subscription_id = fields.Many2one(
        "integration.subscription", required=True, readonly=True, ondelete="cascade"
    )
    system_id = fields.Many2one(related="subscription_id.system_id", store=False)
    hour = fields.Datetime(required=True, readonly=True)
    slot = fields.Integer(required=True, readonly=True)
    delivered = fields.Integer(readonly=True)
    failed = fields.Integer(string="Failed Attempts", readonly=True)
    died = fields.Integer(string="Failed", readonly=True)
    expired = fields.Integer(readonly=True)
    duration_ms = fields.Float(
        string="Response Time (ms)", readonly=True, help="Total response time of all successful attempts."
    )

    _place_uniq = models.UniqueIndex("(subscription_id, hour, slot)")

    @api.model
    def _delivered_of(self, subscriptions):
        """How many were ever delivered, ``{subscription id: count}``. index: _place_uniq"""
        if not subscriptions.ids:
            return {}
        self.env.cr.execute(
            SQL(
                """
                SELECT subscription_id, sum(delivered)
                  FROM integration_delivery_hour
                 WHERE subscription_id IN %s
                 GROUP BY subscription_id
                """,
                tuple(subscriptions.ids),
            )
        )
        return dict(self.env.cr.fetchall())
