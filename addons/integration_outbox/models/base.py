from odoo import api, models
from odoo.tools import SQL

from odoo.addons.integration_core import declare

from .. import emission


class Base(models.AbstractModel):
    """Watches what reaches the tables.

    Stored computed states (``mrp.production.state``) change without any button or ``write``: only
    here every transition passes, however it came about.
    """

    _inherit = "base"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.context.get(emission.OPT_OUT):
            return super().create(vals_list)
        with emission.silence(self.env):
            return super().create(vals_list)

    def write(self, vals):
        if not self.env.context.get(emission.OPT_OUT):
            return super().write(vals)
        with emission.silence(self.env):
            return super().write(vals)

    def _write_multi(self, vals_list):
        watched = self._integration_watched()
        fields = sorted(watched.keys() & set().union(*vals_list)) if watched and vals_list else []
        if not fields:
            super()._write_multi(vals_list)
            emission.touched(self)
            return
        before = self._integration_stored(fields)
        super()._write_multi(vals_list)
        emission.touched(self)
        for record_id, vals in zip(self._ids, vals_list, strict=True):
            self._integration_note(watched, record_id, before.get(record_id, {}), vals)

    def _create(self, data_list):
        records = super()._create(data_list)
        emission.touched(self)
        watched = self._integration_watched()
        if watched:
            for record_id, data in zip(records._ids, data_list, strict=True):
                self._integration_note(watched, record_id, {}, data["stored"])
        return records

    def _integration_watched(self):
        """``{field: triggers}`` of this model; none while modules are being installed."""
        if not self.pool.ready or emission.is_silent(self.env.cr):
            return None
        return declare.watched(self.pool).get(self._name)

    def _integration_stored(self, fields):
        """The values in the table, before they are overwritten: ``{id: {field: value}}``."""
        self.env.cr.execute(
            SQL(
                "SELECT id, %s FROM %s WHERE id IN %s",
                SQL(", ").join(map(SQL.identifier, fields)),
                SQL.identifier(self._table),
                tuple(self._ids),
            )
        )
        return {row[0]: dict(zip(fields, row[1:], strict=True)) for row in self.env.cr.fetchall()}

    def _integration_note(self, watched, record_id, before, after):
        for name in watched.keys() & after.keys():
            for trigger, declaration in watched[name]:
                if not trigger.took_place(before, {name: after[name]}):
                    continue
                record = self.sudo().browse(record_id)
                about = record.mapped(trigger.via) if trigger.via else record
                emission.note(self.env, declaration, about.ids)
