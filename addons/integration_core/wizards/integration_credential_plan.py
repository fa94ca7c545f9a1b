from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationCredentialPlan(models.TransientModel):
    """A secret that is handed over today and takes its turn when both sides have agreed."""

    _name = "integration.credential.plan"
    _description = "Plan a Secret"

    system_id = fields.Many2one("integration.system", required=True)
    purpose = fields.Selection(
        [("sign", "We sign what we send"), ("verify", "They sign what they send")],
        required=True,
        default="sign",
    )
    starts_at = fields.Datetime(
        required=True, default=lambda self: fields.Datetime.add(fields.Datetime.now(), days=7)
    )
    expires_at = fields.Datetime(help="Empty: it does not.")
    overlap_h = fields.Integer(related="system_id.overlap_h")

    def action_make(self):
        self.ensure_one()
        self.system_id.check_access("write")
        if self.starts_at <= fields.Datetime.now():
            raise UserError(
                self.env._("That time is over. To change at once, use New secret in the system's form.")
            )
        credential, secret = self.env["integration.credential"]._generate(
            self.system_id,
            self.purpose,
            state="planned",
            starts_at=self.starts_at,
            expires_at=self.expires_at,
        )
        return self.system_id._show(credential, secret)
