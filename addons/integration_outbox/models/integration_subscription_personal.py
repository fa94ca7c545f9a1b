from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.policy import masking, patterns


class IntegrationSubscription(models.Model):
    """A partner is told of people only where somebody said what for."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.subscription"

    personal_reason = fields.Char(
        string="Why Personal Data",
        tracking=True,
        help="What for, and on which legal ground, the partner is told what events say of people.",
    )
    is_personal = fields.Boolean(string="Tells of People", compute="_compute_is_personal")

    @api.depends("event_patterns")
    def _compute_is_personal(self):
        names = {
            d.name
            for d in declare.declared(self.env.registry)
            if d.direction == "outbound" and masking.is_personal(d.data, d.data_class)
        }
        for subscription in self:
            wanted = patterns.split(subscription.event_patterns)
            subscription.is_personal = any(patterns.fits(wanted, name) for name in names)

    @api.constrains("event_patterns", "personal_reason")
    def _check_personal_reason(self):
        for subscription in self:
            if subscription.is_personal and not (subscription.personal_reason or "").strip():
                raise ValidationError(
                    self.env._("%s wants events that tell of people: say why.", subscription.name)
                )
