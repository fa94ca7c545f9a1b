import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..trust import credential_kinds, master_keys, private_keys, sealing
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

    name = fields.Char(required=True, compute="_compute_name", store=True, precompute=True, readonly=False)
    system_id = fields.Many2one("integration.system", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    purpose = fields.Selection(
        [
            ("sign", "Outbound Signing"),
            ("verify", "Inbound Authentication"),
            ("call", "Outbound Authentication"),
        ],
        required=True,
        default="sign",
    )
    kind = fields.Selection(
        [
            ("standard_webhooks", "Standard Webhooks v1 (HMAC-SHA256)"),
            ("standard_webhooks_public", "Standard Webhooks v1a (Public Key)"),
            ("shared_secret", "Shared Secret (HMAC)"),
            ("api_key", "API Key or Token"),
            ("login", "User and Password"),
            ("oauth2_client", "OAuth 2.0 Client with Secret"),
            ("oauth2_key", "OAuth 2.0 Client with Private Key"),
            ("certificate", "Certificate (SHA-256 Fingerprint)"),
            ("client_certificate", "Client Certificate with Key (TLS)"),
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
        compute="_compute_secret",
        inverse="_inverse_secret",
        help="Secret of the partner: whsec_…, whpk_…, a token, user:password or a fingerprint. It is stored "
        "encrypted and cannot be shown again.",
    )
    secret_pem = fields.Text(
        string="Private Key (PEM)",
        compute="_compute_secret",
        inverse="_inverse_secret_pem",
        help="PEM text including the BEGIN and END lines; for TLS with the certificates. It is stored encrypted "
        "and cannot be shown again. Empty, for an OAuth 2.0 client: a key is generated.",
    )
    is_generated = fields.Boolean(
        string="Generate",
        store=False,
        help="Generate a secret for the partner. Copy it before you save. It cannot be shown again.",
    )
    fingerprint = fields.Char(
        readonly=True,
        copy=False,
        help="Start of the SHA-256 of the secret, to compare with the partner. For a login: its user.",
    )

    @api.depends("kind")
    def _compute_name(self):
        """What it is, until somebody finds a better name."""
        for credential in self:
            is_usual = credential.kind == "standard_webhooks"
            credential.name = (
                self.env._("Standard Webhooks secret") if is_usual else credential._label("kind")
            )

    @api.onchange("is_generated", "kind")
    def _onchange_is_generated(self):
        """A fresh secret, to be copied before it is sealed; typed ones are left alone."""
        if self.is_generated and self.kind in credential_kinds.GENERATED:
            self.secret = self._fresh_secret(self.kind)
        elif self.is_generated:
            self.is_generated = self.secret = False

    @api.onchange("purpose")
    def _onchange_purpose(self):
        if self.kind not in credential_kinds.KINDS[self.purpose]:
            self.kind = credential_kinds.KINDS[self.purpose][0]

    @api.constrains("purpose", "kind")
    def _check_kind(self):
        for credential in self:
            kinds = credential_kinds.KINDS[credential.purpose]
            if credential.kind not in kinds:
                names = dict(self._fields["kind"]._description_selection(self.env))
                raise ValidationError(
                    self.env._(
                        "%(purpose)s: choose one of these types: %(kinds)s.",
                        purpose=credential._label("purpose"),
                        kinds=", ".join(names[kind] for kind in kinds),
                    )
                )

    def _label(self, name):
        return dict(self._fields[name]._description_selection(self.env)).get(self[name])

    def _compute_secret(self):
        """Always empty: what was sealed is not shown again."""
        self.secret = self.secret_pem = False

    def _inverse_secret(self):
        for credential in self.filtered("secret"):
            credential._seal(credential.secret.strip())

    def _inverse_secret_pem(self):
        for credential in self.filtered("secret_pem"):
            credential._seal(credential.secret_pem.strip())

    def _place(self):
        self.ensure_one()
        return f"{self._name},{self.id},sealed_secret"

    def _seal(self, secret):
        try:
            kept = credential_kinds.kept_text(self.purpose, self.kind, secret)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        try:
            keys = master_keys.load()
        except master_keys.KeysUnreadable as error:
            raise UserError(self.env._("This server cannot store secrets: %s.", error)) from error
        self.sudo().write(
            {
                "sealed_secret": sealing.seal(kept, self._place(), keys),
                "fingerprint": credential_kinds.fingerprint_of(self.kind, secret),
                **self._told_by(secret),
            }
        )

    def _told_by(self, secret):
        """Further values that the secret itself tells, none of them secret."""
        match self.kind:
            case "oauth2_key":
                return {"public_key": private_keys.public_key_of(secret)}
            case "client_certificate":
                return {"expires_at": private_keys.identity_of(secret).ends_at}
        return {}

    def _keys(self):
        """The keys of these credentials, in order; as :meth:`_ring`."""
        return [key for _id, key in self._ring()]

    def _ring(self):
        """``[(id, key), …]`` of these credentials, in order; for signing and verifying only.

        :raises Sealed: a key cannot be opened on this server.
        """
        keys = self._master_keys()
        return [
            (c.id, credential_kinds.key_of(c.purpose, c.kind, c._text(keys)))
            for c in self.sudo()
            if c.sealed_secret
        ]

    def _master_keys(self):
        try:
            return master_keys.load()
        except master_keys.KeysUnreadable as error:
            raise sealing.Sealed(f"sealed: {error}") from error

    def _text(self, keys=None):
        """What is sealed: the secret, or the digest that stands for it.

        :raises Sealed: it cannot be opened on this server.
        """
        return sealing.unseal(self.sudo().sealed_secret, self._place(), keys or self._master_keys())

    def _keep_digest(self):
        """Of a secret that an older version kept whole: what is only compared is kept as its digest."""
        self.ensure_one()
        text = self._text()
        if not text.startswith(credential_kinds.DIGEST):
            self._seal(text)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("kind") == "oauth2_key" and not vals.get("secret_pem"):
                vals["secret_pem"] = private_keys.new_signing_key()
        credentials = super().create(vals_list)
        credentials._forget_typed()
        # Not a constraint: those look before the inverse, which seals, has the record's id.
        for credential in credentials.sudo():
            if not credential.sealed_secret:
                raise ValidationError(
                    self.env._(
                        "%s has no secret. Enter the secret of the partner, or generate one.", credential.name
                    )
                )
        return credentials

    def write(self, vals):
        for credential in self:
            if any(name in vals and vals[name] != was for name, was in credential._is_for().items()):
                raise UserError(
                    self.env._(
                        "You cannot change the purpose or type of %s. Create another credential.",
                        credential.name,
                    )
                )
        result = super().write(vals)
        self._forget_typed()
        return result

    def _is_for(self):
        """What a secret was given for. As another kind it would be bound to other rules, or to none."""
        return {"system_id": self.system_id.id, "purpose": self.purpose, "kind": self.kind}

    def _forget_typed(self):
        """What was typed is sealed now; read in the same transaction, it would still be in the cache."""
        self.invalidate_recordset(["secret", "secret_pem"], flush=False)

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
            case "shared_secret" | "api_key" | "oauth2_client":
                return secrets.token_urlsafe(32)
            case "login":
                return f"{secrets.token_hex(6)}:{secrets.token_urlsafe(24)}"
        raise UserError(
            self.env._("Only the partner can create this secret. Enter the one that the partner gives you.")
        )
