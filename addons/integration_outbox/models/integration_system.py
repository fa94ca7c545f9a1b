from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationSystem(models.Model):
    _inherit = "integration.system"

    subscription_ids = fields.One2many("integration.subscription", "system_id")
    delivery_count = fields.Integer(compute="_compute_delivery_counts")
    dead_delivery_count = fields.Integer(compute="_compute_delivery_counts")
    recent_delivery_ids = fields.Many2many("integration.delivery", compute="_compute_recent_delivery_ids")

    def _compute_delivery_counts(self):
        groups = self.env["integration.delivery"]._read_group(
            [("subscription_id.system_id", "in", self.ids)], ["subscription_id", "state"], ["__count"]
        )
        for system in self:
            own = [(state, count) for sub, state, count in groups if sub.system_id == system]
            system.delivery_count = sum(count for _state, count in own)
            system.dead_delivery_count = sum(count for state, count in own if state == "dead")

    def _compute_recent_delivery_ids(self):
        for system in self:
            system.recent_delivery_ids = self.env["integration.delivery"].search(
                [("subscription_id.system_id", "=", system.id)], limit=10
            )

    def _compute_waiting(self):
        result = super()._compute_waiting()
        waiting, _dead = self.env["integration.delivery"]._counts_of(self.subscription_ids)
        for system in self:
            system.waiting_out_count = sum(waiting.get(id_, 0) for id_ in system.subscription_ids.ids)
        return result

    def _discard_waiting(self):
        self.sudo().subscription_ids._discard_waiting()
        return super()._discard_waiting()

    def action_open_deliveries(self):
        action = self._open("integration.delivery", self.env._("Deliveries"))
        return {
            **action,
            "view_mode": "list,kanban,form",
            "domain": [("subscription_id.system_id", "=", self.id)],
        }

    def _used_by(self, credentials):
        signed = credentials.filtered(lambda credential: credential.purpose == "sign")
        used = [self.env._("Subscription %s", s.name) for s in self.subscription_ids] if signed else []
        return [*super()._used_by(credentials), *used]

    def write(self, vals):
        """An administrator whose change is waiting for approval cannot switch the approval off."""
        if vals.get("needs_approval", True) is False or vals.get("criticality", "critical") != "critical":
            mine = self.subscription_ids.filtered(
                lambda s: s.is_to_approve and s.configured_by_id == self.env.user
            )
            if mine and not self.env.su:
                raise UserError(
                    self.env._(
                        "%s is waiting for approval by another administrator. You cannot remove the approval requirement.",
                        mine[0].name,
                    )
                )
        return super().write(vals)
