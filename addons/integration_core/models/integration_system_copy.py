from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationSystem(models.Model):
    """Hold of a system in a copy of the database, until an administrator puts it into operation."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.system"

    is_held = fields.Boolean(
        string="On Hold",
        readonly=True,
        copy=False,
        tracking=True,
        help="This database is a copy. Nothing is sent to the system, and its messages are refused.",
    )

    def action_release(self):
        """Put it into operation in this copy. Its secrets are gone; its addresses have to be others."""
        self.check_access("write")
        for system in self:
            if not system.is_held:
                raise UserError(self.env._("%s is not on hold.", system.name))
        self.is_held = False
        return True
