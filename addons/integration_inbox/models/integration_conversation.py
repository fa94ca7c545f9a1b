from odoo import api, fields, models
from odoo.tools import SQL


class IntegrationConversation(models.Model):
    """Messages, one row each."""

    _inherit = "integration.conversation"

    message_id = fields.Many2one("integration.message", readonly=True)
    state = fields.Selection(
        selection_add=[
            ("received", "Received"),
            ("processing", "Processing"),
            ("waiting", "Waiting"),
            ("retrying", "Retrying"),
            ("processed", "Processed"),
            ("kept", "Stored"),
            ("shadowed", "Dry Run"),
            ("quarantined", "Quarantined"),
            ("superseded", "Superseded"),
            ("dead", "Failed"),
        ]
    )

    @api.model
    def _branches(self):
        source = SQL(
            """
                 integration_message AS message
            JOIN integration_endpoint AS endpoint ON endpoint.id = message.endpoint_id
            """
        )
        columns = {
            "message_id": SQL("message.id"),
            "at": SQL("message.received_at"),
            "direction": SQL("'in'"),
            "system_id": SQL("endpoint.system_id"),
            "company_id": SQL("endpoint.company_id"),
            "type": SQL("message.type"),
            "subject": SQL("message.subject"),
            "state": SQL("message.state"),
            "reason": SQL("message.reason"),
            "next_attempt_at": SQL(
                "CASE WHEN message.state IN ('waiting', 'retrying') THEN message.next_attempt_at END"
            ),
            "correlation_id": SQL("message.correlation_id"),
            "target_id": SQL("message.id"),
        }
        return [*super()._branches(), ("integration.message", source, columns)]
