from odoo import models

from odoo.addons.integration_core import business_records

from ..engine import guard


class Base(models.AbstractModel):
    """Lets the guard of the message that is being applied see what is written; does nothing otherwise."""

    _inherit = "base"

    def write(self, vals):
        watching = guard.current(self.env.cr)
        if watching is not None:
            vals = watching.allowed(self, vals)
        return super().write(vals)

    def _write_multi(self, vals_list):
        watching = guard.current(self.env.cr)
        if watching is None or not watching.watches(self._name):
            return super()._write_multi(vals_list)
        columns = sorted(set().union(*vals_list))
        before = business_records.stored(self, columns)
        result = super()._write_multi(vals_list)
        for record_id, vals in zip(self._ids, vals_list, strict=True):
            watching.note_change(self._name, record_id, before.get(record_id, {}), vals)
        return result

    def _create(self, data_list):
        records = super()._create(data_list)
        watching = guard.current(self.env.cr)
        if watching is not None and watching.watches(self._name):
            watching.note_created(records)
        return records

    def unlink(self):
        watching = guard.current(self.env.cr)
        if watching is not None and watching.watches(self._name):
            watching.note_deleted(self)
        return super().unlink()
