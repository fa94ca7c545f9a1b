from odoo import api, fields, models


class IntegrationMessageNote(models.Model):
    """An entry in the history of a message: the outcome of an attempt, or the action of a user.

    Written by the engine and by the buttons, in SQL; what happens several times in a row is one line.
    """

    _name = "integration.message.note"
    _description = "History of a Message"
    _order = "id desc"
    _log_access = False

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, ondelete="cascade", index=True
    )
    at = fields.Datetime(string="Date", readonly=True, required=True)
    last_at = fields.Datetime(string="Last Occurrence", readonly=True, required=True)
    times = fields.Integer(string="Occurrences", readonly=True, required=True)
    state = fields.Selection("_selection_state", string="Status", readonly=True, required=True)
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="set null")

    @api.model
    def _selection_state(self):
        return self.env["integration.message"]._fields["state"]._description_selection(self.env)
