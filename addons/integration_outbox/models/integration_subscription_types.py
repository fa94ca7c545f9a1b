from odoo import api, fields, models

from odoo.addons.integration_core.policy import patterns


class IntegrationSubscription(models.Model):
    """Event types of a subscription: picked as tags from the catalog, or covered by patterns."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.subscription"

    event_type_ids = fields.Many2many(
        "integration.event.type",
        string="Event Types",
        compute="_compute_event_type_ids",
        inverse="_inverse_event_type_ids",
        domain="[('id', 'in', catalog_type_ids)]",
        help="Event types that are sent to the URL. Under Patterns, manufacturing.* or * covers several.",
    )
    catalog_type_ids = fields.Many2many("integration.event.type", compute="_compute_catalog_type_ids")
    matching_types = fields.Char(
        string="Matching Event Types",
        compute="_compute_matching_types",
        help="Number of event types that the subscription delivers, of those in the catalog.",
    )

    @api.model
    def _catalog(self):
        """The newest version of each outbound event type."""
        known = self.env["integration.event.type"].sudo().search([("direction", "=", "outbound")])
        newest = {t.name: t.id for t in known.sorted("version")}
        return self.env["integration.event.type"].browse(sorted(newest.values()))

    def _compute_catalog_type_ids(self):
        self.catalog_type_ids = self._catalog()

    @api.depends("event_patterns")
    def _compute_event_type_ids(self):
        catalog = self._catalog()
        for subscription in self:
            names = patterns.split(subscription.event_patterns)
            subscription.event_type_ids = catalog.filtered(lambda t, names=names: t.name in names)

    @api.onchange("event_type_ids")
    def _inverse_event_type_ids(self):
        """Patterns with a star stay; of the plain names, those that are picked."""
        for subscription in self:
            picked = subscription.event_type_ids.mapped("name")
            known = set(subscription._catalog().mapped("name"))
            names = patterns.split(subscription.event_patterns)
            kept = [name for name in names if name not in known or name in picked]
            text = "\n".join([*kept, *(name for name in picked if name not in kept)])
            if names != patterns.split(text):
                subscription.event_patterns = text

    @api.depends("event_patterns", "personal_reason")
    def _compute_matching_types(self):
        total = len(self._catalog())
        for subscription in self:
            subscription.matching_types = self.env._(
                "%(count)s of %(total)s", count=len(subscription._wanted_types()), total=total
            )

    def _wanted_types(self):
        """The event types of the catalog that are delivered: matched, and not withheld."""
        names = patterns.split(self.event_patterns)
        withheld = set() if self._has_purpose() else self._personal_types()
        return self._catalog().filtered(lambda t: t.name not in withheld and patterns.fits(names, t.name))

    def action_open_types(self):
        """Show the event types that are delivered."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Event Types of %s", self.name),
            "res_model": "integration.event.type",
            "view_mode": "list,form",
            "domain": [("id", "in", self._wanted_types().ids)],
        }
