from odoo import fields, models


class IntegrationMessageLatest(models.Model):
    """Time of the latest processed message of a key, for event types with ``latest_wins`` and no sequence.

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
