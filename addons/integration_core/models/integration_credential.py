import hashlib
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..trust import credential_kinds, master_keys, sealing
from ..wire import standard_webhooks


class IntegrationCredential(models.Model):
    """One secret of a system, sealed at rest.

    planned   handed over already; takes its turn at the time that was agreed
    active    used to sign what we send, or to verify what they send
    retiring  its successor is in use; still valid, so that both sides can change in their own time
    revoked   never used again; kept for the record

    The secret is shown once, when it is made; afterwards nothing in Odoo can show it.
    """

    _name = "integration.credential"
    _inherit = ["integration.lifecycle", "integration.audited"]
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
        [
            ("standard_webhooks", "Standard Webhooks v1 (HMAC-SHA256)"),
            ("standard_webhooks_public", "Standard Webhooks v1a (their public key)"),
            ("shared_secret", "Shared secret, API key or token"),
            ("login", "User and password"),
            ("certificate", "Certificate (SHA-256 fingerprint)"),
        ],
        required=True,
        default="standard_webhooks",
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("active", "Active"),
            ("retiring", "Retiring"),
            ("revoked", "Revoked"),
        ],
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
        help="Type the secret that the partner gave you: whsec_…, whpk_…, a token, user:password or a "
        "fingerprint. It is sealed when you save and cannot be shown again.",
    )
    fingerprint = fields.Char(
        readonly=True, copy=False, help="To compare with the partner's: the start of the secret's SHA-256."
    )

    @api.constrains("purpose", "kind")
    def _check_kind(self):
        if any(c.purpose == "sign" and c.kind != "standard_webhooks" for c in self):
            raise ValidationError(self.env._("What we send is signed with a Standard Webhooks v1 secret."))

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
            credential_kinds.key_of(self.kind, secret)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        try:
            keys = master_keys.load()
        except master_keys.KeysUnreadable as error:
            raise UserError(self.env._("No secret can be sealed on this server: %s.", error)) from error
        self.sudo().write(
            {
                "sealed_secret": sealing.seal(secret, self._place(), keys),
                "fingerprint": self._fingerprint_of(secret),
            }
        )

    def _fingerprint_of(self, secret):
        key = standard_webhooks.key_of(secret) if self.kind == "standard_webhooks" else secret.encode()
        return hashlib.sha256(key).hexdigest()[:12]

    def _keys(self):
        """The keys of these credentials, in order; as :meth:`_ring`."""
        return [key for _id, key in self._ring()]

    def _ring(self):
        """``[(id, key), …]`` of these credentials, in order; for signing and verifying only.

        :raises Sealed: a key cannot be opened on this server.
        """
        try:
            keys = master_keys.load()
        except master_keys.KeysUnreadable as error:
            raise sealing.Sealed(f"sealed: {error}") from error
        return [
            (c.id, credential_kinds.key_of(c.kind, sealing.unseal(c.sealed_secret, c._place(), keys)))
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

    def _generate(self, system, purpose, kind="standard_webhooks", **values):
        """Make a credential with a fresh secret.

        :return: the credential and, this one time, its secret.
        """
        secret = self._fresh_secret(kind)
        credential = self.create(
            {"system_id": system.id, "purpose": purpose, "kind": kind, "secret": secret, **values}
        )
        return credential, secret

    @api.model
    def _fresh_secret(self, kind):
        match kind:
            case "standard_webhooks":
                return standard_webhooks.new_secret()
            case "shared_secret":
                return secrets.token_urlsafe(32)
            case "login":
                return f"{secrets.token_hex(6)}:{secrets.token_urlsafe(24)}"
        raise UserError(self.env._("Only the partner can make that: type what they give you."))
