from odoo import fields, models


class IntegrationEndpoint(models.Model):
    """Limits of an endpoint: payload size, rate and queue length."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.endpoint"

    max_body_kb = fields.Integer(
        string="Max. Payload Size (kB)",
        required=True,
        default=1024,
        help="Of the body as sent and after decompression.",
    )
    rate_per_s = fields.Float(
        string="Messages per Second",
        digits=(10, 2),
        help="Average rate. Messages above it are refused with HTTP 429. 0: no limit.",
    )
    burst = fields.Integer(
        required=True, default=50, help="Messages accepted at once before the average rate applies."
    )
    max_waiting = fields.Integer(
        string="Max. Queue Length",
        help="Unprocessed messages at which further ones are refused with HTTP 503. 0: no limit.",
    )

    _pace_bounds = models.Constraint(
        "CHECK (rate_per_s >= 0 AND burst >= 1 AND max_waiting >= 0)",
        "The rate must be 0 or more, the burst 1 or more, the max. queue length 0 or more.",
    )

    def _settings_of_bounds(self):
        return {
            "largest": self.max_body_kb * 1024,
            "rate": self.rate_per_s,
            "burst": self.burst,
            "most_waiting": self.max_waiting,
        }
