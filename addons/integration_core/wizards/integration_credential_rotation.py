from odoo import api, fields, models

from ..trust.credential_kinds import GENERATED


class IntegrationCredentialRotation(models.TransientModel):
    """The dialog that makes a new secret: what it replaces, and what else uses that."""

    _name = "integration.credential.rotation"
    _description = "New Secret"

    system_id = fields.Many2one("integration.system", required=True, readonly=True)
    purpose = fields.Selection(
        [("sign", "Outbound Signing"), ("verify", "Inbound Authentication")],
        required=True,
        readonly=True,
        default="sign",
    )
    kind = fields.Selection(
        "_selection_kind", string="Type", compute="_compute_kind", store=True, readonly=False, required=True
    )
    replaced_ids = fields.Many2many(
        "integration.credential",
        string="Replaces",
        compute="_compute_replaced_ids",
        store=True,
        readonly=False,
        domain="[('system_id', '=', system_id), ('purpose', '=', purpose), ('kind', '=', kind), "
        "('state', '=', 'active')]",
        help="Valid for the overlap of the system, and revoked then. Others are not touched.",
    )
    overlap_h = fields.Integer(related="system_id.overlap_h")
    used_by = fields.Text(string="Also Used By", compute="_compute_used_by")

    def _selection_kind(self):
        labels = self.env["integration.credential"]._fields["kind"]._description_selection(self.env)
        return [(kind, label) for kind, label in labels if kind in GENERATED]

    @api.depends("system_id", "purpose")
    def _compute_kind(self):
        for rotation in self:
            rotation.kind = rotation.kind or "standard_webhooks"

    @api.depends("system_id", "purpose", "kind")
    def _compute_replaced_ids(self):
        for rotation in self:
            rotation.replaced_ids = rotation._replaceable() if rotation.system_id else False

    def _replaceable(self):
        return self.system_id._replaceable(self.purpose, self.kind)

    @api.depends("replaced_ids")
    def _compute_used_by(self):
        for rotation in self:
            names = (
                rotation.system_id._used_by(rotation.replaced_ids._origin) if rotation.replaced_ids else []
            )
            rotation.used_by = "\n".join(name for name in names if name != rotation._name_of_place()) or False

    def _name_of_place(self):
        """Whose secret it is that changes, as :meth:`_used_by` names it. Hook."""
        return

    def action_generate(self):
        """Make the secret and show it, this once."""
        self.ensure_one()
        return self.system_id._new_secret(self.purpose, self.kind, self.replaced_ids)
