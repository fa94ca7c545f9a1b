from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.policy import patterns

from ..engine import personal_data


class IntegrationSubscription(models.Model):
    """Personal data of a subscription: delivered only where its purpose is entered."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.subscription"

    personal_reason = fields.Char(
        string="Purpose of Personal Data",
        tracking=True,
        help="Purpose and legal ground for sending personal data to this partner. Empty: event types with "
        "personal data are not delivered. After you enter it, use Replay to deliver earlier events.",
    )
    is_personal = fields.Boolean(string="Has Personal Data", compute="_compute_is_personal")
    withheld_types = fields.Text(string="Not Delivered", compute="_compute_is_personal")

    @api.depends("event_patterns", "personal_reason")
    def _compute_is_personal(self):
        names = self._personal_types()
        for subscription in self:
            wanted = patterns.split(subscription.event_patterns)
            found = sorted(name for name in names if patterns.fits(wanted, name))
            subscription.is_personal = bool(found)
            subscription.withheld_types = False if subscription._has_purpose() else ", ".join(found)

    @api.model
    def _personal_types(self):
        """The names of the outbound event types with personal data."""
        return {
            d.name
            for d in declare.declared(self.env.registry)
            if d.direction == "outbound" and personal_data.is_personal(d.name)
        }

    def _has_purpose(self):
        return bool((self.personal_reason or "").strip())

    @api.constrains("event_patterns", "personal_reason")
    def _check_personal_reason(self):
        """Who configures it decides; a type that a module adds later is withheld until somebody does."""
        for subscription in self:
            if subscription.withheld_types:
                raise ValidationError(
                    self.env._(
                        "%(name)s: these event types contain personal data: %(types)s. Enter the purpose of "
                        "personal data, or choose other event types.",
                        name=subscription.name,
                        types=subscription.withheld_types,
                    )
                )

    def write(self, vals):
        before = {s.id: s.withheld_types for s in self} if "personal_reason" in vals else {}
        result = super().write(vals)
        for subscription in self.filtered(lambda s: before.get(s.id) and not s.withheld_types):
            subscription.message_post(
                body=self.env._(
                    "Event types with personal data are delivered from now on: %s. Use Replay to deliver "
                    "earlier events.",
                    before[subscription.id],
                )
            )
        return result

    def _channel_content(self):
        withheld = frozenset() if self._has_purpose() else frozenset(self._personal_types())
        return {**super()._channel_content(), "withheld": withheld}
