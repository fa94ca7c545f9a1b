from odoo import fields, models


class IntegrationSystem(models.Model):
    _inherit = "integration.system"

    endpoint_ids = fields.One2many("integration.endpoint", "system_id")
    inbound_count = fields.Integer(string="Received", compute="_compute_inbound_count")
    recent_message_ids = fields.Many2many("integration.message", compute="_compute_recent_message_ids")

    def _compute_inbound_count(self):
        groups = self.env["integration.message"]._read_group(
            [("endpoint_id.system_id", "in", self.ids)], ["endpoint_id"], ["__count"]
        )
        for system in self:
            system.inbound_count = sum(n for endpoint, n in groups if endpoint.system_id == system)

    def _compute_recent_message_ids(self):
        for system in self:
            system.recent_message_ids = self.env["integration.message"].search(
                [("endpoint_id.system_id", "=", system.id)], limit=10
            )

    def _compute_waiting(self):
        """index: integration_message_due_idx"""
        result = super()._compute_waiting()
        open_states = [("state", "in", ("received", "waiting", "retrying"))]
        groups = self.env["integration.message"]._read_group(
            [("endpoint_id", "in", self.endpoint_ids.ids), *open_states], ["endpoint_id"], ["__count"]
        )
        for system in self:
            system.waiting_in_count = sum(n for endpoint, n in groups if endpoint.system_id == system)
        return result

    def _discard_waiting(self):
        """What waits by now is stored unapplied; the claim passes these endpoints by until that is done."""
        last = self.env["integration.message"].sudo().search([], order="id desc", limit=1)
        self.sudo().endpoint_ids.write({"discard_until_id": last.id})
        return super()._discard_waiting()

    def action_open_messages(self):
        action = self._open("integration.message", self.env._("Messages"))
        return {
            **action,
            "view_mode": "list,kanban,form",
            "domain": [("endpoint_id.system_id", "=", self.id)],
        }

    def _used_by(self, credentials):
        used = [
            self.env._("Endpoint %s", endpoint.name)
            for endpoint in self.endpoint_ids
            if endpoint._credentials() & credentials
        ]
        return [*super()._used_by(credentials), *used]

    def write(self, vals):
        self.env["integration.endpoint"]._forget_settings()
        return super().write(vals)
