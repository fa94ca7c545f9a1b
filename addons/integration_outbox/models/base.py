from odoo import api, models

from odoo.addons.integration_core import business_records, declare

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

    def unlink(self):
        watched = self._integration_watched()
        if watched and declare.DELETED in watched and self:
            emission.note_deleted(self, watched)
        result = super().unlink()
        emission.touched(self)
        return result

    def _write_multi(self, vals_list):
        watched = self._integration_watched()
        fields = sorted(watched.keys() & set().union(*vals_list)) if watched and vals_list else []
        if not fields:
            super()._write_multi(vals_list)
            emission.touched(self)
            return
        before = business_records.stored(self, fields, emission.values_needed(self, fields))
        super()._write_multi(vals_list)
        emission.touched(self)
        emission.note_written(self, fields, before, vals_list)

    def _create(self, data_list):
        records = super()._create(data_list)
        emission.touched(self)
        watched = self._integration_watched()
        if watched:
            emission.note_created(records, watched, data_list)
        return records

    def _integration_watched(self):
        """``{field: triggers}`` of this model; none while modules are being installed."""
        if not self.pool.ready or emission.is_silent(self.env.cr):
            return None
        return declare.watched(self.pool).get(self._name)
