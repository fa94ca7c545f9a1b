from odoo import fields, models


class IntegrationEndpointRateLimiter(models.Model):
    """The bucket of an endpoint's rate limit, which all processes share. Written in SQL (``accept/rate_limit.py``)."""

    _name = "integration.endpoint.rate.limiter"
    _description = "Rate Limiter of an Endpoint"
    _log_access = False

    endpoint_id = fields.Many2one("integration.endpoint", required=True, ondelete="cascade")
    tokens = fields.Float(required=True)
    tokens_at = fields.Datetime(required=True)

    _endpoint_uniq = models.UniqueIndex("(endpoint_id)")
