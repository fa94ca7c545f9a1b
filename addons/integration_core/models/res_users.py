from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError

ROLES = ("group_user", "group_operator", "group_manager", "group_auditor")


@contextmanager
def roles_watched(env):
    """Who gains or loses an integration role in here stands in the audit trail."""
    roles = env["res.groups"].sudo()
    for name in ROLES:
        roles |= env.ref(f"integration_core.{name}", raise_if_not_found=False) or roles
    before = {role: role.all_user_ids for role in roles}
    yield
    for role in roles:
        changes = (
            ("granted", role.all_user_ids - before[role]),
            ("withdrawn", before[role] - role.all_user_ids),
        )
        for what, users in changes:
            for user in users:
                texts = {
                    "granted": env._("%(user)s was granted %(role)s", user=user.name, role=role.full_name),
                    "withdrawn": env._(
                        "%(role)s was withdrawn from %(user)s", user=user.name, role=role.full_name
                    ),
                }
                env["integration.audit.entry"]._append(f"role.{what}", user, texts[what], role=role.full_name)


def _touches_roles(vals):
    return any(name.startswith(("group_ids", "sel_groups_", "in_group_", "role", "active")) for name in vals)


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        with roles_watched(self.env):
            return super().create(vals_list)

    def write(self, vals):
        if not _touches_roles(vals):
            return super().write(vals)
        with roles_watched(self.env):
            return super().write(vals)

    def _set_encrypted_password(self, uid, pw):
        """A service user gets no password: whoever had it would be the system."""
        system = self.env["integration.system"].sudo().with_context(active_test=False)
        system = system.search([("user_id", "=", uid)], limit=1)
        if system:
            raise UserError(
                self.env._(
                    "%(user)s is the service user of %(system)s and cannot have a password. "
                    "Select another service user for the system first.",
                    user=self.browse(uid).name,
                    system=system.name,
                )
            )
        return super()._set_encrypted_password(uid, pw)


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        if not vals.keys() & {"user_ids", "implied_ids", "implied_by_ids"}:
            return super().write(vals)
        with roles_watched(self.env):
            return super().write(vals)
