from odoo import api, fields, models
from odoo.exceptions import UserError


class IntegrationEmergencyStop(models.TransientModel):
    """The emergency stop of all integrations: suspends every system at once, and resumes them."""

    _name = "integration.emergency.stop"
    _description = "Emergency Stop"

    is_suspended = fields.Boolean(compute="_compute_is_suspended")
    reason = fields.Char(help="Recorded in the audit trail.")

    @api.depends_context("uid")
    def _compute_is_suspended(self):
        self.is_suspended = self.env["integration.system"]._is_all_suspended()

    def action_suspend(self):
        systems = self.env["integration.system"]
        systems._check_operator()
        if systems._is_all_suspended():
            raise UserError(self.env._("All integrations are already suspended."))
        systems._suspend_all(self.reason)
        return self._reopen()

    def action_resume(self):
        systems = self.env["integration.system"]
        systems._check_operator()
        if not systems._is_all_suspended():
            raise UserError(self.env._("The emergency stop is not active. Check the single systems."))
        systems._resume_all(self.reason)
        return self._reopen()

    def _reopen(self):
        return {"type": "ir.actions.client", "tag": "reload"}
