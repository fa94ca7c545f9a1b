from odoo import models
from odoo.exceptions import UserError

# So many secrets of one kind are valid at once: each of them is tried on what comes in, and signs what goes out.
MOST_AT_ONCE = 4


class IntegrationSystem(models.Model):
    """The rotation of a system's secrets: a new one is made, and the one that it replaces goes on as retiring.

    It touches what it names: a credential that somebody has chosen for a purpose of its own is replaced there, or not
    at all. What is retiring already keeps its time.
    """

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.system"

    def _replaceable(self, purpose, kind):
        """The active credentials that a new secret of the system replaces: those that nobody has chosen."""
        active = self._credentials(purpose, [kind]).filtered(lambda c: c.state == "active")
        return active.filtered(lambda c: not c._assigned_to())

    def _new_secret(self, purpose, kind="standard_webhooks", replaced=None):
        """Make a secret and show it, this once. As :meth:`_rotate`."""
        return self._show(*self._rotate(purpose, kind, replaced))

    def _rotate(self, purpose, kind, replaced=None):
        """Make a secret in the place of others.

        :param replaced: the active credentials that retire; ``None`` for :meth:`_replaceable`.
        :return: the new credential and, this one time, its secret.
        :raises UserError: so many are valid already that one of them would not be tried any more.
        """
        self.ensure_one()
        self.check_access("write")
        if replaced is None:
            replaced = self._replaceable(purpose, kind)
        replaced &= self._credentials(purpose, [kind]).filtered(lambda c: c.state == "active")
        self._check_room(purpose, kind, replaced)
        replaced.action_retire()
        made = self.env["integration.credential"]._generate(self, purpose, kind, **replaced[:1]._handed_on())
        made[0]._take_place_of(replaced)
        return made

    def _check_room(self, purpose, kind, replaced):
        assigned = replaced[:1]._assigned_to() if replaced else frozenset()
        beside = self._credentials(purpose, [kind]).filtered(lambda c: c._assigned_to() == assigned)
        if len(beside) >= MOST_AT_ONCE:
            raise UserError(
                self.env._(
                    "%(count)s secrets of this type are valid: %(names)s. Revoke one that is no longer used before "
                    "you create another.",
                    count=len(beside),
                    names=", ".join(beside.mapped("fingerprint")),
                )
            )

    def _used_by(self, credentials):
        """Names of what uses these credentials, for the dialog that replaces them. Hook."""
        return []

    def action_rotate(self):
        """Open the dialog that makes a new secret and says what it replaces."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Secret of %s", self.name),
            "res_model": "integration.credential.rotation",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_purpose": self.env.context.get("default_purpose", "sign"),
                "default_system_id": self.id,
            },
        }


class IntegrationCredential(models.Model):
    _inherit = "integration.credential"

    def _assigned_to(self):
        """What has chosen this credential rather than taking any that fits, as a set of ids. Hook."""
        return frozenset()

    def _take_place_of(self, replaced):
        """It is used wherever one of these was chosen. Hook."""
