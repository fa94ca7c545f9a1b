from odoo import fields, models

from ..policy import masking

# Who sees what payloads say of people and of secrets of the business.
SEES_ALL = "integration_core.group_manager"


class IntegrationClassified(models.AbstractModel):
    """A record with a payload, of which not everybody sees everything; who does stands in the audit trail."""

    _name = "integration.classified"
    _inherit = ["integration.lifecycle"]
    _description = "Record With a Classified Payload"

    def _hidden(self):
        """What of the payload not everybody may see, as :func:`masking.hidden` says."""
        return

    def _sees_all(self):
        return self.env.su or self.env.user.has_group(SEES_ALL)

    def _shown(self, text, hidden):
        """``text`` as this user may see it. :param hidden: what :meth:`_hidden` said."""
        if not hidden or self.env.su:
            return text
        if not self._sees_all():
            return masking.masked(text, hidden)
        self._note_view()
        return text

    def _shown_answer(self, text, hidden, data):
        """What a partner answered to ``data``, its payload, as this user may see it."""
        if not hidden or self.env.su or not text:
            return text
        if not self._sees_all():
            return masking.masked_answer(text, hidden, data)
        self._note_view()
        return text

    def _note_view(self):
        """Somebody sees all of a classified payload; once a day for each of both it is noted."""
        self.ensure_one()
        what = f"{self._name.removeprefix('integration.')}.viewed"
        day_ago = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        seen = [("action", "=", what), ("res_model", "=", self._name), ("res_id", "=", self.id)]
        trail = self.env["integration.audit.entry"].sudo()
        if not trail.search_count([*seen, ("user_id", "=", self.env.uid), ("at", ">", day_ago)], limit=1):
            self._account_for("viewed", self.env._("full payload viewed"))
