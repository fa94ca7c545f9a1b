from odoo import fields, models


class IntegrationMessageLatest(models.Model):
    """When the latest applied message of a key happened, where only the latest counts and has no number.

    Of the key only a digest is kept: it may be a person's. It is let go of when repeats are not known any more.
    """

    _name = "integration.message.latest"
    _description = "Latest Integration Message of a Key"
    _log_access = False

    endpoint_id = fields.Many2one("integration.endpoint", required=True, readonly=True, ondelete="cascade")
    type = fields.Char(required=True, readonly=True)
    key_digest = fields.Char(required=True, readonly=True)
    occurred_at = fields.Datetime(required=True, readonly=True)

    _key_uniq = models.UniqueIndex("(endpoint_id, type, key_digest)")
