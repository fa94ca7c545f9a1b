from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# Fields that decide on what a partner gets, and where.
CONTENT = {
    "url",
    "system_id",
    "event_patterns",
    "is_echoed",
    "pinned_type_ids",
    "body_mode",
    "filter_expression",
    "mapping_expression",
    "extra_headers",
    "authorization",
    "fallback_id",
    "fallback_email",
    "personal_reason",
}
DECISION = {"configured_by_id", "approved_by_id"}


class IntegrationSubscription(models.Model):
    """Approval of a critical system's subscription by a second administrator."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.subscription"

    _audit_skips = ("configured_by_id",)

    configured_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, tracking=True)
    is_to_approve = fields.Boolean(string="Waiting for Approval", compute="_compute_is_to_approve")

    @api.depends("approved_by_id", "system_id.criticality", "system_id.needs_approval")
    def _compute_is_to_approve(self):
        for subscription in self:
            system = subscription.system_id
            is_critical = system.criticality == "critical" and system.needs_approval
            subscription.is_to_approve = is_critical and not subscription.approved_by_id

    @api.model_create_multi
    def create(self, vals_list):
        me = {"configured_by_id": self.env.uid, "approved_by_id": False}
        return super().create([{**vals, **me} for vals in vals_list])

    def write(self, vals):
        if vals.keys() & DECISION and not self.env.su:
            raise AccessError(self.env._("You cannot edit the approval directly. Use the Approve button."))
        decisive = sorted(vals.keys() & CONTENT)
        before = {subscription.id: [subscription[name] for name in decisive] for subscription in self}
        result = super().write(vals)
        changed = self.filtered(lambda s: [s[name] for name in decisive] != before[s.id])
        if changed:  # what was approved is not what it is now
            changed.sudo().write({"configured_by_id": self.env.uid, "approved_by_id": False})
        return result

    def action_approve(self):
        """Somebody else than who configured it."""
        self.check_access("write")
        for subscription in self:
            if not subscription.is_to_approve:
                raise UserError(self.env._("%s does not need approval.", subscription.name))
            if subscription.configured_by_id == self.env.user:
                raise UserError(
                    self.env._(
                        "You configured %s. Another administrator has to approve it.", subscription.name
                    )
                )
        self.sudo().write({"approved_by_id": self.env.uid})
        self.env["integration.worker"].sudo()._wake("outbox")
        return True
