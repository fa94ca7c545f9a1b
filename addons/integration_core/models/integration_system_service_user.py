import itertools

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..errors import RetryLater
from ..trust import service_user


class IntegrationSystem(models.Model):
    """The service user of a system: who may be one, who may assign it, and the check before a message acts as it."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.system"

    service_user_problem = fields.Char(
        compute="_compute_service_user_problem", help="Why messages cannot be processed as this user."
    )

    @api.depends("user_id")
    def _compute_service_user_problem(self):
        for system in self:
            system.service_user_problem = system._service_user_problem()

    @api.constrains("user_id")
    def _check_service_user(self):
        self.env["res.users"].flush_model()
        for system in self:
            problem = system._service_user_problem()
            if problem:
                raise ValidationError(problem)

    def _service_user_problem(self):
        """A sentence that says why its service user may not be one; ``False`` where it may, or there is none."""
        self.ensure_one()
        user = self.sudo().user_id
        return bool(user) and self._service_user_sentence(user, service_user.reason(self.env, user))

    def _service_user_sentence(self, user, reason):
        texts = {
            "odoo": self.env._("it is one of Odoo's own users"),
            "administrator": self.env._("it is an administrator"),
            "external": self.env._("it is not an internal user"),
            "password": self.env._("it has a password"),
            "api_key": self.env._("it has an API key"),
            "login": self.env._("it has been used to log in"),
            "oauth": self.env._("it can log in through an OAuth provider"),
            "totp": self.env._("it has two-factor authentication"),
            "passkey": self.env._("it can log in with a passkey"),
            "employee": self.env._("it is an employee's user"),
        }
        return reason is not None and self.env._(
            "%(user)s cannot be the service user of %(system)s: %(why)s. "
            "Create a service user for the system, with the access rights that its messages need.",
            user=user.name,
            system=self.name,
            why=texts[reason],
        )

    def _service_user(self):
        """Whom a message of this system acts as. One query for all messages of a transaction.

        :raises RetryLater: nobody, or somebody that no message may act as.
        """
        user = self.user_id
        if not user:
            raise RetryLater(self.env._("%s has no service user. Select one on the system form.", self.name))
        reason = service_user.reason_now(self.env, user)
        if reason:
            raise RetryLater(self._service_user_sentence(user, reason))
        return user

    # -- who may assign it -----------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        systems = super().create(vals_list)
        systems._check_may_assign()
        return systems

    def write(self, vals):
        if "user_id" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda system: system.sudo().user_id.id != vals["user_id"])
        result = super().write(vals)
        changed._check_may_assign()
        return result

    def _check_may_assign(self):
        """Without the right to administer access, one gives a system no right that one does not have.

        :raises AccessError: the service user has more groups than who assigns it.
        """
        if self.env.su or self.env.user.has_group("base.group_erp_manager"):
            return
        own = set(self.env.user._get_group_ids())
        for system in self:
            user = system.sudo().user_id
            more = user.all_group_ids.filtered(lambda group: group.id not in own)
            if more:
                raise AccessError(
                    self.env._(
                        "%(user)s has access rights that you do not have: %(groups)s. "
                        "Ask an administrator of access rights to assign the service user of %(system)s.",
                        user=user.name,
                        groups=", ".join(more[:3].mapped("full_name")),
                        system=system.name,
                    )
                )

    # -- the clock -------------------------------------------------------------------------------

    @api.model
    def _report_service_users(self):
        """An incident for each system whose messages wait because of its service user; closed once it is mended."""
        incidents = self.env["integration.incident"]
        kind = "service_user.unfit"
        known = incidents.search([("kind", "=", kind), ("state", "!=", "resolved")])
        unfit = set()
        for system in self.search([("user_id", "!=", False)]):
            problem = system._service_user_problem()
            if not problem:
                continue
            unfit.add(str(system.id))
            if str(system.id) not in known.mapped("key"):
                incidents._open(
                    kind,
                    self.env._("Messages of %s are not processed", system.name),
                    problem,
                    self.env._(
                        "Select another service user on the system form. Queued messages are processed then."
                    ),
                    key=str(system.id),
                    severity="critical",
                    record=system,
                    system=system,
                )
        for incident in known.filtered(lambda incident: incident.key not in unfit):
            incidents._close(kind, incident.key)

    def action_create_service_user(self):
        """Create a user that cannot log in, and assign it."""
        self.ensure_one()
        self.check_access("write")
        if self.user_id:
            raise UserError(self.env._("%s already has a service user.", self.name))
        self.user_id = self.env["res.users"].create(
            {
                "name": self.env._("%s (integration)", self.name),
                "login": self._free_login(),
                "company_id": self.company_id.id,
                "company_ids": [(6, 0, self.company_id.ids)],
                "group_ids": [(6, 0, self.env.ref("base.group_user").ids)],
                "notification_type": "inbox",
            }
        )
        return self._open_service_user()

    def _free_login(self):
        """The login of a new service user; the system may have had others."""
        login = f"integration.system.{self.id}"
        taken = self.env["res.users"].sudo().with_context(active_test=False)
        taken = set(taken.search([("login", "=like", f"{login}%")]).mapped("login"))
        names = itertools.chain([login], (f"{login}.{number}" for number in itertools.count(2)))
        return next(name for name in names if name not in taken)

    def _open_service_user(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users",
            "res_id": self.user_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
