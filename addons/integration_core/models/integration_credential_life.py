from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..policy import egress
from ..trust import access_tokens, sealing

# Who answers for a system hears so long before a secret of it ends, in days.
REMIND_DAYS = 30


class IntegrationCredential(models.Model):
    """Lifecycle of a credential: planned, active, retiring, revoked; and its reminders."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.credential"

    starts_at = fields.Datetime(
        copy=False, help="Time when a planned secret becomes active and the one before it retires."
    )
    retires_at = fields.Datetime(
        string="Revoked On", readonly=True, copy=False, help="A retiring secret is valid until then."
    )
    expires_at = fields.Datetime(
        copy=False,
        help="The secret is revoked then. The owner of the system is reminded a month before. Empty: never.",
    )
    expiry_state = fields.Selection(
        [("far", "Not Soon"), ("expiring", "Expires Soon"), ("expired", "Expired")],
        string="Expiry",
        required=True,
        readonly=True,
        default="far",
        copy=False,
    )
    allowed_sources = fields.Text(
        string="Allowed IP Ranges",
        help="IP ranges that may use the credential, one per line: 203.0.113.0/24. Empty: all.",
    )
    last_used_at = fields.Datetime(string="Last Used", readonly=True, copy=False)
    problem = fields.Char(
        compute="_compute_problem", help="Why the credential cannot be used on this server."
    )

    _due_idx = models.Index("(id) WHERE state != 'revoked'")

    @api.depends("name", "system_id.name")
    def _compute_display_name(self):
        for credential in self:
            known = [name for name in (credential.system_id.name, credential.name) if name]
            credential.display_name = (
                ": ".join(known) if credential._origin or credential.system_id else False
            )

    @api.depends("state")
    def _compute_problem(self):
        for credential in self:
            try:
                credential._ring()
                credential.problem = False
            except sealing.Sealed as error:
                credential.problem = str(error)

    @api.constrains("starts_at", "expires_at")
    def _check_span(self):
        for credential in self:
            if (
                credential.starts_at
                and credential.expires_at
                and credential.starts_at >= credential.expires_at
            ):
                raise ValidationError(self.env._("%s: the expiry is before the start.", credential.name))

    @api.constrains("allowed_sources")
    def _check_allowed_sources(self):
        for credential in self:
            try:
                egress.networks(credential.allowed_sources)
            except ValueError as error:
                raise ValidationError(str(error)) from error

    def write(self, vals):
        if "expires_at" in vals:
            vals = {"expiry_state": "far", **vals}  # the clock looks at it anew
        return super().write(vals)

    # -- transitions -----------------------------------------------------------------------------

    def action_retire(self):
        """Still good for the overlap of its system; then the engine revokes it."""
        for credential in self:
            overlap_h = credential.system_id.overlap_h
            credential._transition(
                "retiring", ["active"], retires_at=fields.Datetime.add(fields.Datetime.now(), hours=overlap_h)
            )
        return True

    def action_revoke(self):
        return self._transition("revoked", ["planned", "active", "retiring"], retires_at=False)

    def _take_turn(self):
        """A planned secret is the active one from now on."""
        for credential in self:
            credential._peers().filtered(lambda c: c.state == "active").action_retire()
            credential._transition("active", ["planned"])

    def _peers(self):
        """The others for the same purpose, of the same kind and in the same place."""
        usable = self.system_id._credentials(self.purpose, [self.kind]) - self
        return usable.filtered(lambda c: c._assigned_to() == self._assigned_to())

    # -- the clock -------------------------------------------------------------------------------

    @api.model
    def _cron_follow_the_clock(self):
        """Planned secrets take their turn, ended ones are revoked, owners are reminded."""
        now = fields.Datetime.now()
        access_tokens.forget_expired(self.env.cr)
        self.env["integration.system"]._report_service_users()
        living = [("state", "!=", "revoked")]
        self.search([("state", "=", "planned"), ("starts_at", "<=", now)])._take_turn()
        self.search([("state", "=", "retiring"), ("retires_at", "<=", now)]).action_revoke()
        self.search([*living, ("expires_at", "<=", now)])._expire()
        soon = fields.Datetime.add(now, days=REMIND_DAYS)
        self.search([*living, ("expires_at", "<=", soon), ("expiry_state", "=", "far")])._remind()

    def _expire(self):
        for credential in self:
            credential.action_revoke()
            credential.expiry_state = "expired"
            left = credential.system_id._credentials(credential.purpose, [credential.kind])
            if not left:
                self.env["integration.incident"]._open(
                    "credential.expired",
                    self.env._("%s has no valid secret", credential.system_id.name),
                    self.env._("%s has expired and was not replaced.", credential.name),
                    self.env._("Create a new secret on the system form, and give it to the partner."),
                    key=str(credential.id),
                    severity="critical",
                    record=credential.system_id,
                    system=credential.system_id,
                )

    def _remind(self):
        for credential in self:
            credential.expiry_state = "expiring"
            system = credential.system_id
            system.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.to_date(credential.expires_at),
                summary=self.env._("%s expires", credential.name),
                note=self.env._("Create a new secret, and give it to the partner before then."),
                user_id=(system.owner_id or self.env.ref("base.user_admin")).id,
            )

    # -- master keys -----------------------------------------------------------------------------

    @api.model
    def _sealed_with(self):
        """``{name of a master key: how many secrets it seals}``."""
        self.flush_model(["sealed_secret"])
        self.env.cr.execute(
            """
            SELECT split_part(sealed_secret, '.', 2), count(*)
              FROM integration_credential
             WHERE sealed_secret IS NOT NULL
             GROUP BY 1
            """
        )
        return dict(self.env.cr.fetchall())

    def _reseal(self, keys):
        """Seal with the first of ``keys``. Nobody has to know the secret for it.

        :raises Sealed: the key that it is sealed with is not among them.
        """
        for credential in self.sudo():
            secret = sealing.unseal(credential.sealed_secret, credential._place(), keys)
            credential.write({"sealed_secret": sealing.seal(secret, credential._place(), keys)})
