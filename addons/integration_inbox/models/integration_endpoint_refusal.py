from odoo import fields, models


class IntegrationEndpointRefusal(models.Model):
    """A refused request to an endpoint: the reason, the sender's IP address and the time.

    The last ones of each endpoint, written in SQL (``accept/refusals.py``) and deleted after 30 days.
    """

    _name = "integration.endpoint.refusal"
    _description = "Refused Inbound Request"
    _order = "id desc"
    _log_access = False

    endpoint_id = fields.Many2one("integration.endpoint", required=True, readonly=True, ondelete="cascade")
    refused_at = fields.Datetime(string="Date", required=True, readonly=True)
    http_status = fields.Integer(string="HTTP Status", required=True, readonly=True)
    name = fields.Char(string="Problem", required=True, readonly=True, help="Type of the problem document.")
    reason = fields.Char(required=True, readonly=True)
    remote_addr = fields.Char(string="Sender IP Address", readonly=True)

    _endpoint_idx = models.Index("(endpoint_id, id)")
