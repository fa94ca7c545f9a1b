from odoo import fields, models


class IntegrationEndpoint(models.Model):
    """How much an endpoint takes at once."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.endpoint"

    max_body_kb = fields.Integer(
        string="Largest Body (kB)", required=True, default=1024, help="Also when it is opened from gzip."
    )
    rate_per_s = fields.Float(
        string="Messages per Second",
        digits=(10, 2),
        help="On average; beyond it senders are told to wait (429). 0 for no limit.",
    )
    burst = fields.Integer(required=True, default=50, help="So many at once, before the average counts.")
    max_waiting = fields.Integer(
        string="Most Waiting",
        help="When so many messages wait to be applied, no further ones are taken (503) and senders come "
        "again later. 0 for no limit.",
    )

    _pace_bounds = models.Constraint(
        "CHECK (rate_per_s >= 0 AND burst >= 1 AND max_waiting >= 0)",
        "The rate is 0 or more, the burst 1 or more, the most waiting 0 or more.",
    )

    def _settings_of_bounds(self):
        return {
            "largest": self.max_body_kb * 1024,
            "rate": self.rate_per_s,
            "burst": self.burst,
            "most_waiting": self.max_waiting,
        }
