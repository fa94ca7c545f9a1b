from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.lane import installed
from ..engine.suspension import PARAMETER


class IntegrationSystem(models.Model):
    """The emergency stop: a suspended system gets nothing and changes nothing, from the next claim on.

    What it sends is still accepted and stored, and what is told to it still queued: nothing is lost. Resuming asks
    what to do with what waited. The conditions stand where rows are claimed (``engine/suspension.py``).
    """

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.system"

    is_suspended = fields.Boolean(
        string="Suspended",
        readonly=True,
        copy=False,
        tracking=True,
        help="Deliveries and messages of the system are queued until it is resumed.",
    )
    is_all_suspended = fields.Boolean(compute="_compute_is_all_suspended")
    waiting_out_count = fields.Integer(string="Deliveries Waiting", compute="_compute_waiting")
    waiting_in_count = fields.Integer(string="Messages Waiting", compute="_compute_waiting")

    def _compute_is_all_suspended(self):
        self.is_all_suspended = self._is_all_suspended()

    @api.model
    def _is_all_suspended(self):
        return bool(self.env["ir.config_parameter"].sudo().get_param(PARAMETER))

    def _compute_waiting(self):
        """Hook: modules that queue work for a system say how much waits."""
        self.waiting_out_count = self.waiting_in_count = 0

    def _discard_waiting(self):
        """Hook: what waits by now is left out; the engine does it in steps."""

    def _check_operator(self):
        self.env["integration.lifecycle"]._check_role(self)

    # -- one system ------------------------------------------------------------------------------

    def action_suspend(self):
        """Stop both directions at once. An operator may: it is what is needed at night."""
        self._check_operator()
        for system in self:
            if system.is_suspended:
                raise UserError(self.env._("%s is already suspended.", system.name))
        self.sudo().is_suspended = True
        return True

    def action_resume(self):
        """Resume; asks first what to do with what waited, if anything did."""
        self.ensure_one()
        self._check_operator()
        if not self.is_suspended:
            raise UserError(self.env._("%s is not suspended.", self.name))
        if self.waiting_out_count or self.waiting_in_count:
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Resume %s", self.name),
                "res_model": "integration.system.resume",
                "view_mode": "form",
                "target": "new",
                "context": {"default_system_id": self.id},
            }
        return self._resume()

    def _resume(self, is_discarding=False):
        """:param is_discarding: what waited is left out instead of worked on."""
        if is_discarding:
            self._discard_waiting()
        self.sudo().is_suspended = False
        self._wake_lanes()
        return True

    # -- everything ------------------------------------------------------------------------------

    @api.model
    def _suspend_all(self, reason=None):
        self.env["ir.config_parameter"].sudo().set_param(
            PARAMETER, fields.Datetime.to_string(fields.Datetime.now())
        )
        self._note_all("suspended", self.env._("All integrations were suspended"), reason)

    @api.model
    def _resume_all(self, reason=None):
        self.env["ir.config_parameter"].sudo().set_param(PARAMETER, False)
        self._note_all("resumed", self.env._("All integrations were resumed"), reason)
        self._wake_lanes()

    def _note_all(self, what, text, reason):
        self.env["integration.audit.entry"].sudo()._append(
            f"system.all_{what}", self.browse(), text, **({"reason": reason} if reason else {})
        )

    @api.model
    def _wake_lanes(self):
        for name in installed(self.env.registry):
            self.env["integration.worker"].sudo()._wake(name)
