from odoo import api, fields, models
from odoo.exceptions import ValidationError


class IntegrationSubscription(models.Model):
    """Which version of an event a partner gets, while several are live: the newest, or the one it is pinned to."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.subscription"

    pinned_type_ids = fields.Many2many(
        "integration.event.type",
        "integration_subscription_pinned_type_rel",
        "subscription_id",
        "event_type_id",
        string="Pinned Versions",
        domain="[('direction', '=', 'outbound')]",
        tracking=True,
        help="Versions of events that the system keeps getting although there is a newer one. "
        "Empty: the newest version of each event.",
    )

    @api.constrains("pinned_type_ids")
    def _check_pinned_types(self):
        for subscription in self:
            names = subscription.pinned_type_ids.mapped("name")
            double = next((name for name in names if names.count(name) > 1), None)
            if double:
                raise ValidationError(self.env._("Pinned Versions: choose one version of %s.", double))
            if any(pinned.direction != "outbound" for pinned in subscription.pinned_type_ids):
                raise ValidationError(self.env._("Pinned Versions: inbound events are not sent."))
