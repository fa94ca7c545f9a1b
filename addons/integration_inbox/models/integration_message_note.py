from odoo import fields, models


class IntegrationMessageNote(models.Model):
    """A line of a message's history: what became of an attempt, or who did what with it.

    Written by the engine and by the buttons, in SQL; what happens several times in a row is one line.
    """

    _name = "integration.message.note"
    _description = "History of a Message"
    _order = "id desc"
    _log_access = False

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, ondelete="cascade", index=True
    )
    at = fields.Datetime(readonly=True, required=True)
    last_at = fields.Datetime(string="Last Time", readonly=True, required=True)
    times = fields.Integer(readonly=True, required=True)
    state = fields.Char(readonly=True, required=True)
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", string="By", readonly=True, ondelete="set null")
