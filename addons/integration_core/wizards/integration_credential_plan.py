from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationCredentialPlan(models.TransientModel):
    """Dialog of a scheduled rotation: a secret that is given to the partner now and becomes active later."""

    _name = "integration.credential.plan"
    _description = "Scheduled Rotation"

    system_id = fields.Many2one("integration.system", required=True)
    purpose = fields.Selection(
        [("sign", "Outbound Signing"), ("verify", "Inbound Authentication")],
        required=True,
        default="sign",
    )
    starts_at = fields.Datetime(
        required=True, default=lambda self: fields.Datetime.add(fields.Datetime.now(), days=7)
    )
    expires_at = fields.Datetime(help="Empty: never.")
    overlap_h = fields.Integer(related="system_id.overlap_h")

    def action_make(self):
        self.ensure_one()
        self.system_id.check_access("write")
        if self.starts_at <= fields.Datetime.now():
            raise UserError(
                self.env._(
                    "The start is in the past. To change at once, use New Signing Secret on the system form."
                )
            )
        credential, secret = self.env["integration.credential"]._generate(
            self.system_id,
            self.purpose,
            state="planned",
            starts_at=self.starts_at,
            expires_at=self.expires_at,
        )
        return self.system_id._show(credential, secret)
