from odoo import api, models
from odoo.exceptions import AccessError, UserError


class IntegrationLifecycle(models.AbstractModel):
    """One way to change a state: name the target and where it may be reached from."""

    _name = "integration.lifecycle"
    _description = "Record with a Lifecycle"

    def _transition(self, target, allowed, **values):
        """Bring every record to ``target``; all or none.

        :param allowed: the states that it may come from.
        :param values: what is written along with it.
        :raises UserError: a record is in another state, perhaps since a moment ago.
        """
        self.lock_for_update()
        self.invalidate_recordset(["state"])
        labels = dict(self._fields["state"]._description_selection(self.env))
        for record in self:
            if record.state not in allowed:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s and cannot become %(target)s.",
                        name=record.display_name,
                        state=labels[record.state],
                        target=labels[target],
                    )
                )
        self.check_access("write")
        self.sudo().write({"state": target, **values})
        return True

    def write(self, vals):
        """A state changes by its transitions alone, over RPC and in imports, too."""
        if "state" in vals and not self.env.su:
            raise AccessError(self.env._("You cannot edit the status directly. Use the buttons on the form."))
        return super().write(vals)

    def _account_for(self, what, text, **details):
        """An entry in the audit trail: somebody did this with these records by hand.

        :param what: stable name, ``retried``.
        """
        if not self:
            return
        company = self.sudo().company_id if "company_id" in self._fields else None
        names = ", ".join(self[:3].sudo().mapped("display_name")) + (", …" if len(self) > 3 else "")
        self.env["integration.audit.entry"]._append(
            f"{self._name.removeprefix('integration.')}.{what}",
            self,
            self.env._("%(names)s: %(text)s", names=names, text=text),
            company if company and len(company) == 1 else None,
            **details,
        )

    def _check_operator(self):
        """Operators move what they may not write.

        :raises AccessError: the user is none, or does not see the records.
        """
        self._check_role(self)

    @api.model
    def _check_role(self, records):
        """:raises AccessError: the user is no operator, or does not see ``records``."""
        records.check_access("read")
        if not self.env.su and not self.env.user.has_group("integration_core.group_operator"):
            raise AccessError(self.env._("Only an integration operator can do this."))
