from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationSystem(models.Model):
    """A system in a copy of the database is held until somebody puts it into operation there."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.system"

    is_held = fields.Boolean(
        string="Held",
        readonly=True,
        copy=False,
        tracking=True,
        help="This database is a copy: nothing is sent to the system and nothing is taken from it.",
    )

    def action_release(self):
        """Put it into operation in this copy. Its secrets are gone; its addresses have to be others."""
        self.check_access("write")
        for system in self:
            if not system.is_held:
                raise UserError(self.env._("%s is not held.", system.name))
        self.is_held = False
        return True
