from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.integration_core.policy import codes


class IntegrationCode(models.Model):
    """Values that deliveries carry: those that failed for want of one are sent when it is mapped."""

    _inherit = "integration.code"

    def _lists_changed(self):
        """Workers read a subscription anew when it was written."""
        result = super()._lists_changed()
        self.env["integration.subscription"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE integration_subscription
                   SET write_date = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE filter_expression LIKE %(call)s OR mapping_expression LIKE %(call)s
                """,
                call="%$code%",
            )
        )
        self.env["integration.subscription"].invalidate_model(["write_date"])
        return result

    def _go_on(self):
        result = super()._go_on()
        for code in self.filtered(lambda code: code.direction != "in"):
            sentence = codes.sentence(code.list_id.code, code.value)
            # index: integration_delivery_held_idx
            failed = (
                self.env["integration.delivery"]
                .sudo()
                .search(
                    [
                        ("subscription_id.system_id", "=", code.system_id.id),
                        ("state", "=", "dead"),
                        (
                            "reason",
                            "in",
                            [f"The mapping failed: {sentence}", f"The filter failed: {sentence}"],
                        ),
                    ]
                )
            )
            if failed:
                failed._transition(
                    "pending", ("dead",), next_attempt_at=fields.Datetime.now(), failure_count=0
                )
                self.env["integration.worker"].sudo()._wake("outbox")
        return result
