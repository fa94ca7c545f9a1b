import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..trust import master_keys, sealing
from ..wire import standard_webhooks


class IntegrationCredential(models.Model):
    """One secret of a system, sealed at rest.

    active    used to sign what we send, or to verify what they send
    retiring  its successor is in use; still valid, so that both sides can change in their own time
    revoked   never used again; kept for the record

    The secret is shown once, when it is made; afterwards nothing in Odoo can show it.
    """

    _name = "integration.credential"
    _inherit = ["integration.lifecycle"]
    _description = "Integration Credential"
    _order = "system_id, purpose, id desc"

    name = fields.Char(required=True, default=lambda self: self.env._("Standard Webhooks secret"))
    system_id = fields.Many2one("integration.system", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    purpose = fields.Selection(
        [("sign", "We sign what we send"), ("verify", "They sign what they send")],
        required=True,
        default="sign",
    )
    kind = fields.Selection(
        [("standard_webhooks", "Standard Webhooks v1 (HMAC-SHA256)")],
        required=True,
        default="standard_webhooks",
    )
    state = fields.Selection(
        [("active", "Active"), ("retiring", "Retiring"), ("revoked", "Revoked")],
        required=True,
        readonly=True,
        default="active",
        copy=False,
    )
    sealed_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    secret = fields.Char(
        string="Secret from the partner",
        compute="_compute_secret",
        inverse="_inverse_secret",
        help="Type the secret that the partner gave you (whsec_…). It is sealed when you save and "
        "cannot be shown again. Leave it empty and choose Generate to make one.",
    )
    fingerprint = fields.Char(
        readonly=True, copy=False, help="To compare with the partner's: the start of the secret's SHA-256."
    )

    def _compute_secret(self):
        """Always empty: what was sealed is not shown again."""
        self.secret = False

    def _inverse_secret(self):
        for credential in self.filtered("secret"):
            credential._seal(credential.secret.strip())

    def _place(self):
        self.ensure_one()
        return f"{self._name},{self.id},sealed_secret"

    def _seal(self, secret):
        try:
            key = standard_webhooks.key_of(secret)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        try:
            keys = master_keys.load()
        except master_keys.KeysUnreadable as error:
            raise UserError(self.env._("No secret can be sealed on this server: %s.", error)) from error
        self.sudo().write(
            {
                "sealed_secret": sealing.seal(secret, self._place(), keys),
                "fingerprint": hashlib.sha256(key).hexdigest()[:12],
            }
        )

    def _keys(self):
        """The raw keys of these credentials, in order; for signing and verifying only.

        :raises Sealed: a key cannot be opened on this server.
        """
        try:
            keys = master_keys.load()
        except master_keys.KeysUnreadable as error:
            raise sealing.Sealed(f"sealed: {error}") from error
        return [
            standard_webhooks.key_of(sealing.unseal(c.sealed_secret, c._place(), keys))
            for c in self.sudo()
            if c.sealed_secret
        ]

    @api.model_create_multi
    def create(self, vals_list):
        credentials = super().create(vals_list)
        # Not a constraint: those look before the inverse, which seals, has the record's id.
        for credential in credentials.sudo():
            if not credential.sealed_secret:
                raise ValidationError(
                    self.env._("%s has no secret: type the partner's, or generate one.", credential.name)
                )
        return credentials

    def _generate(self, system, purpose):
        """Make a credential with a fresh secret.

        :return: the credential and, this one time, its secret.
        """
        secret = standard_webhooks.new_secret()
        credential = self.create({"system_id": system.id, "purpose": purpose, "secret": secret})
        return credential, secret

    def action_retire(self):
        return self._transition("retiring", ["active"])

    def action_revoke(self):
        return self._transition("revoked", ["active", "retiring"])
