from odoo import api, fields, models

HIDDEN = "•••"
_OFF = "integration_audit_off"
_COMPUTED_BY_ODOO = ("message_", "activity_", "rating_", "website_")


class IntegrationAudited(models.AbstractModel):
    """Configuration record whose creation, changes and deletion are recorded in the audit trail, with before and after."""

    _name = "integration.audited"
    _description = "Configuration Under Audit"

    # What is not noted, and of what only is noted that it changed.
    _audit_skips = ()
    _audit_hides = ()

    @api.model_create_multi
    def create(self, vals_list):
        # What inverses write belongs to making it.
        records = super(IntegrationAudited, self.with_context(**{_OFF: True})).create(vals_list)
        records = records.with_env(self.env)
        if not self.env.context.get(_OFF):
            for record, vals in zip(records, vals_list, strict=True):
                changes = {name: [None, value] for name, value in record._audited(vals).items()}
                record._audit("created", self.env._("created"), record._audit_shown(changes))
        return records

    def write(self, vals):
        if self.env.context.get(_OFF):
            return super().write(vals)
        before = {record.id: record._audited(vals) for record in self}
        result = super().write(vals)
        for record in self:
            after = record._audited(vals)
            changes = {n: [before[record.id][n], v] for n, v in after.items() if v != before[record.id][n]}
            if changes:
                labels = ", ".join(self._fields[name]._description_string(self.env) for name in changes)
                record._audit("changed", self.env._("changed: %s", labels), record._audit_shown(changes))
        return result

    def unlink(self):
        for record in self:
            record._audit("deleted", self.env._("deleted"), {})
        return super().unlink()

    def _audit(self, what, text, changes):
        """An entry about this record."""
        self.ensure_one()
        record = self.sudo()
        company = record.company_id if "company_id" in self._fields else None
        self.env["integration.audit.entry"]._append(
            f"{self._name.removeprefix('integration.')}.{what}",
            self,
            self.env._("%(name)s %(text)s", name=record.display_name, text=text),
            company,
            **({"changes": changes} if changes else {}),
        )

    def _audited(self, vals):
        """``{field: value}`` of what ``vals`` touches and is to be noted, as JSON."""
        record = self.sudo()
        return {name: record._audit_value(name) for name in sorted(vals) if self._is_audited(name)}

    def _is_audited(self, name):
        field = self._fields.get(name)
        return (
            field is not None
            and field.store
            and field.type not in ("one2many", "binary")
            and name not in models.MAGIC_COLUMNS
            and name not in self._audit_skips
            and not name.startswith(_COMPUTED_BY_ODOO)
            and field.groups != fields.NO_ACCESS
        )

    def _audit_value(self, name):
        value = self[name]
        if isinstance(value, models.BaseModel):
            return value.mapped("display_name")
        return value if isinstance(value, (bool, int, float, type(None))) else str(value)

    def _audit_shown(self, changes):
        return {n: [HIDDEN, HIDDEN] if n in self._audit_hides else pair for n, pair in changes.items()}
