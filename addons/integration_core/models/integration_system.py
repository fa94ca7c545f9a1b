from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..policy import egress


class IntegrationSystem(models.Model):
    """An external application that Odoo exchanges data with: an MES, a WMS, a carrier, a shop.

    Its owner answers for it, its credentials prove who speaks, its service user is whom it acts as in
    Odoo. Archived, it neither gets nor may send anything; what waits is kept.
    """

    _name = "integration.system"
    _inherit = ["mail.thread", "mail.activity.mixin", "integration.audited"]
    _description = "Integration System"
    _order = "name"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    kind = fields.Selection(
        string="Type",
        selection=[
            ("mes", "MES (shop floor)"),
            ("wms", "WMS (warehouse)"),
            ("cmms", "CMMS (maintenance)"),
            ("plm", "PLM (engineering)"),
            ("qms", "QMS (quality)"),
            ("carrier", "Carrier"),
            ("3pl", "3PL"),
            ("shop", "Shop"),
            ("crm", "CRM"),
            ("finance", "Finance"),
            ("supplier", "Supplier"),
            ("gateway", "Machine gateway"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one("res.partner", string="Contact", check_company=True)
    owner_id = fields.Many2one(
        "res.users", default=lambda self: self.env.user, tracking=True,
        help="User who is responsible for the connection and gets its warnings.",
    )  # fmt: skip
    user_id = fields.Many2one(
        "res.users", string="Service User", tracking=True, copy=False,
        help="The user that this system acts as: its access rights and companies bound what a message "
        "may change. It cannot log in and is no administrator.",
    )  # fmt: skip
    criticality = fields.Selection(
        [("low", "Low"), ("normal", "Normal"), ("critical", "Critical")],
        required=True,
        default="normal",
        tracking=True,
    )
    needs_approval = fields.Boolean(
        string="Require Second Approver",
        tracking=True,
        help="A subscription of this critical system needs approval by another administrator than the one who "
        "configured it.",
    )
    environment = fields.Selection(
        [("production", "Production"), ("test", "Test")], required=True, default="production", tracking=True
    )
    allowed_networks = fields.Text(
        string="Allowed Private Networks",
        tracking=True,
        help="Private IP ranges that Odoo may call for this system, one per line: 10.20.0.0/16. Empty: public "
        "addresses only.",
    )
    overlap_h = fields.Integer(
        string="Overlap (h)",
        required=True,
        default=72,
        help="Hours that a secret stays valid after it was replaced.",
    )
    notes = fields.Html()
    credential_ids = fields.One2many("integration.credential", "system_id")
    credential_count = fields.Integer(compute="_compute_credential_count")
    external_id_count = fields.Integer(compute="_compute_external_id_count")

    _overlap_positive = models.Constraint("CHECK (overlap_h >= 0)", "Overlap: enter 0 or more hours.")
    _name_uniq = models.UniqueIndex("(company_id, name)", "The company already has a system with this name.")

    @api.depends("credential_ids.state")
    def _compute_credential_count(self):
        for system in self:
            system.credential_count = len(system.credential_ids.filtered(lambda c: c.state != "revoked"))

    def _compute_external_id_count(self):
        counts = dict(
            self.env["integration.external.id"]._read_group(
                [("system_id", "in", self.ids)], ["system_id"], ["__count"]
            )
        )
        for system in self:
            system.external_id_count = counts.get(system, 0)

    @api.constrains("allowed_networks")
    def _check_allowed_networks(self):
        for system in self:
            system._networks()

    def _networks(self):
        """The private ranges that this system may be called in."""
        self.ensure_one()
        try:
            return egress.private_networks(self.allowed_networks)
        except ValueError as error:
            raise ValidationError(self.env._("Allowed private networks: %s", error)) from error

    def _check_callable(self, label, check, text):
        """:param check: ``egress.check_url`` or ``egress.check_host``.

        :raises ValidationError: this system may not be called at ``text``; says where that is allowed.
        """
        try:
            check(text, self._networks())
        except egress.PrivateAddress as error:
            raise ValidationError(
                self.env._(
                    "%(label)s: %(problem)s. If that is right, add %(network)s to the Allowed Private Networks "
                    "of the system %(system)s.",
                    label=label,
                    problem=error,
                    network=error.network.with_prefixlen,
                    system=self.display_name,
                )
            ) from error
        except egress.EgressRefused as error:
            raise ValidationError(self.env._("%(label)s: %(problem)s", label=label, problem=error)) from error

    def _credentials(self, purpose, kinds=("standard_webhooks",)):
        """The credentials in use, of these kinds, the active ones first.

        A planned one verifies already: the partner may change a little before its time.
        """
        self.ensure_one()
        states = ("active", "retiring", "planned") if purpose == "verify" else ("active", "retiring")
        usable = self.sudo().credential_ids.filtered(
            lambda c: c.purpose == purpose and c.kind in kinds and c.state in states
        )
        return usable.sorted(lambda c: (c.state != "active", -c.id))

    # -- buttons ---------------------------------------------------------------------------------

    def action_new_signing_secret(self):
        return self._new_secret("sign")

    def action_new_verification_secret(self):
        return self._new_secret("verify")

    def _show(self, credential, secret):
        """The dialog that shows a fresh secret, this once."""
        return {
            "type": "ir.actions.client",
            "tag": "integration_core.show_secret",
            "name": self.env._("Secret of %s", self.name),
            "params": {
                "secret": secret,
                "purpose": credential.purpose,
                "fingerprint": credential.fingerprint,
                "system": self.name,
                **credential._shown_with_secret(),
            },
        }

    def action_add_credential(self):
        """Open a new credential of the partner: a token, a password, an OAuth 2.0 client, a certificate."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Credential: %s", self.name),
            "res_model": "integration.credential",
            "view_mode": "form",
            "context": {
                "default_system_id": self.id,
                "default_purpose": "call",
                "default_kind": "oauth2_client",
            },
        }

    def action_plan_secret(self):
        """Make a secret now, for the partner to have in time; it takes its turn later."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Schedule Rotation: %s", self.name),
            "res_model": "integration.credential.plan",
            "view_mode": "form",
            "target": "new",
            "context": {"default_system_id": self.id},
        }

    def action_revoke_all(self):
        """Somebody has what they should not have: nothing of this system is good any more, from now on."""
        self.ensure_one()
        self.check_access("write")
        living = self.credential_ids.filtered(lambda c: c.state != "revoked")
        if not living:
            raise UserError(self.env._("%s has no secret to revoke.", self.name))
        living.action_revoke()
        self._account_revoked(living)
        if not self.is_suspended:  # what was accepted from whoever had the secret stays unapplied
            self.sudo().is_suspended = True
        return True

    def _account_revoked(self, credentials):
        self.env["integration.audit.entry"]._append(
            "system.revoked",
            self,
            self.env._("All secrets of %s were revoked", self.name),
            self.company_id,
            fingerprints=credentials.mapped("fingerprint"),
        )

    def action_open_credentials(self):
        return self._open("integration.credential", self.env._("Credentials"))

    def action_open_external_ids(self):
        return self._open("integration.external.id", self.env._("External IDs"))

    def _open(self, model, name, domain=(), **context):
        """The records of ``model`` that belong to this system, for a smart button."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": [("system_id", "=", self.id), *domain],
            "context": {"default_system_id": self.id, **context},
        }
