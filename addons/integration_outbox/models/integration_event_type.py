from odoo import models


class IntegrationEventType(models.Model):
    _inherit = "integration.event.type"

    def unlink(self):
        """A version that a partner is pinned to goes: it is not sent another one unasked."""
        pinned = self.env["integration.subscription"].search(
            [("pinned_type_ids", "in", self.ids), ("state", "=", "active")]
        )
        for subscription in pinned:
            gone = subscription.pinned_type_ids & self
            subscription._stop(
                self.env._("%s is no longer provided.", ", ".join(gone.mapped("display_name")))
            )
        return super().unlink()
