from odoo import fields, models


class IntegrationMessageRecord(models.Model):
    """A record that a message created or changed."""

    _name = "integration.message.record"
    _inherit = ["integration.record.link"]
    _description = "Record Affected by a Message"
    _order = "id"
    _log_access = False

    message_id = fields.Many2one(
        "integration.message", required=True, readonly=True, ondelete="cascade", index=True
    )
    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(required=True)

    _record_idx = models.Index("(res_model, res_id)")
