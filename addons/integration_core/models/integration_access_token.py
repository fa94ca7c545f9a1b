from odoo import fields, models


class IntegrationAccessToken(models.Model):
    """What partners got from our token endpoint. Written and read in SQL (``trust/access_tokens.py``)."""

    _name = "integration.access.token"
    _description = "Access Token"
    _log_access = False
    _order = "id desc"

    digest = fields.Char(string="SHA-256", required=True, groups=fields.NO_ACCESS)
    credential_id = fields.Many2one(
        "integration.credential", required=True, readonly=True, ondelete="cascade", index=True
    )
    scope = fields.Char(required=True, readonly=True)
    resource = fields.Char(required=True, readonly=True)
    issued_at = fields.Datetime(required=True, readonly=True)
    expires_at = fields.Datetime(required=True, readonly=True, index=True)

    _digest_uniq = models.UniqueIndex("(digest)")
