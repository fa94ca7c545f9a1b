from odoo import api, fields, models
from odoo.tools import SQL


class IntegrationConversation(models.Model):
    """Events: a row for each receiver, or one where there is none."""

    _inherit = "integration.conversation"

    event_id = fields.Many2one("integration.event", readonly=True)
    state = fields.Selection(
        selection_add=[
            ("pending", "Pending"),
            ("sending", "Sending"),
            ("retrying", "Retrying"),
            ("delivered", "Delivered"),
            ("dead", "Failed"),
            ("cancelled", "Cancelled"),
            ("expired", "Expired"),
            ("unbuilt", "Not Built"),
            ("unsubscribed", "No Subscriber"),
        ]
    )

    @api.model
    def _branches(self):
        # index: integration_delivery_event_subscription_uniq
        sent = SQL(
            """
                 integration_event AS event
            JOIN integration_delivery AS delivery ON delivery.event_id = event.id
            JOIN integration_subscription AS subscription ON subscription.id = delivery.subscription_id
            """
        )
        unsent = SQL(
            """
                  integration_event AS event
            WHERE NOT EXISTS (SELECT FROM integration_delivery AS other WHERE other.event_id = event.id)
            """
        )
        common = {
            "event_id": SQL("event.id"),
            "at": SQL("event.occurred_at"),
            "direction": SQL("'out'"),
            "company_id": SQL("event.company_id"),
            "type": SQL("event.type"),
            "subject": SQL("event.subject"),
            "correlation_id": SQL("event.correlation_id"),
        }
        of_delivery = {
            "target_id": SQL("delivery.id"),
            "system_id": SQL("subscription.system_id"),
            "state": SQL("delivery.state"),
            "reason": SQL("CASE WHEN delivery.state <> 'delivered' THEN delivery.reason END"),
            "next_attempt_at": SQL("CASE WHEN delivery.state = 'retrying' THEN delivery.next_attempt_at END"),
        }
        of_event = {
            "target_id": SQL("event.id"),
            "state": SQL(
                """
                CASE WHEN event.error IS NOT NULL THEN 'unbuilt'
                     WHEN EXISTS (SELECT FROM integration_event_pending AS waits WHERE waits.id = event.id)
                     THEN 'pending'
                     ELSE 'unsubscribed' END
                """
            ),
            "reason": SQL("event.error"),
        }
        return [
            *super()._branches(),
            ("integration.delivery", sent, {**common, **of_delivery}),
            ("integration.event", unsent, {**common, **of_event}),
        ]
