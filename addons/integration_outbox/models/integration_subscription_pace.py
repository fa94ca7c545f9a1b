from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.policy import backoff
from odoo.addons.integration_core.policy.hours import Hours


class IntegrationSubscription(models.Model):
    """Throughput and error handling of a subscription: order, batches, rate, hours, retries, fallback."""

    # pylint: disable=consider-merging-classes-inherited
    # One model, three ideas: each in a file of its own.
    _inherit = "integration.subscription"

    timeout_s = fields.Integer(
        string="Timeout (s)",
        required=True,
        default=15,
        help="Seconds to wait for the response of the partner. 1 to 120.",
    )
    is_ordered = fields.Boolean(
        string="Ordered Delivery",
        tracking=True,
        help="Events with the same key, such as those of one order, are sent one after the other.",
    )
    on_dead = fields.Selection(
        [("hold", "Hold later events of the same key"), ("skip", "Continue without it")],
        string="On Final Failure",
        required=True,
        default="hold",
        help="Held events are sent once the failed delivery is retried successfully or cancelled.",
    )
    batch_size = fields.Integer(
        required=True,
        default=1,
        help="Maximum number of events in one request, up to 1,000. 1 disables batches.",
    )
    batch_wait_s = fields.Float(
        string="Max. Batch Wait (s)",
        default=1.0,
        help="Seconds that the first event of a batch waits for more events.",
    )
    rate_per_s = fields.Float(
        string="Rate Limit (per s)",
        help="Average number of events per second, over all workers. 0: no limit.",
    )
    rate_burst = fields.Integer(
        string="Burst", default=1, help="Number of events that may be sent at once after a quiet period."
    )
    max_in_flight = fields.Integer(
        string="Max. Concurrent Requests",
        help="Number of open requests, over all workers, up to 256. 0: 64 per worker.",
    )
    max_attempts = fields.Integer(
        string="Maximum Attempts",
        required=True,
        default=backoff.MAX_ATTEMPTS,
        help="Number of attempts before a delivery fails finally. 1 to 100. With 24 attempts and the default "
        "schedule, the last attempt is made after two to five days.",
    )
    retry_schedule = fields.Char(
        help="Delays after the first, second and later failures, such as 30s 5m 2h 1d. The last delay repeats. "
        "Empty: random delays whose limit doubles from 2 seconds to 12 hours."
    )
    expires_after_h = fields.Float(
        string="Expires After (h)", help="Events older than this are not sent. 0: no limit."
    )
    pause_after_days = fields.Integer(
        string="Pause After (Days)",
        default=5,
        help="Days without a successful delivery after which the subscription is paused and the owner of the "
        "system notified. 0: never.",
    )
    hours_text = fields.Char(
        string="Active Hours",
        tracking=True,
        help="Hours in which events are sent, such as Mon-Fri 06:00-22:00, Sat 06:00-14:00. At other times "
        "events are queued. Empty: always.",
    )
    hours_tz = fields.Selection(
        lambda self: self.env["res.partner"]._fields["tz"]._description_selection(self.env),
        string="Time Zone",
        default=lambda self: self.env.user.tz or "UTC",
    )
    hold_from = fields.Datetime(
        string="Downtime From",
        help="Start of a planned downtime of the partner. Events are queued until its end.",
    )
    hold_until = fields.Datetime(string="Downtime Until", help="Empty: until further notice.")
    fallback_id = fields.Many2one(
        "integration.subscription",
        domain="[('id', '!=', id), ('company_id', '=', company_id)]",
        string="Fallback Subscription",
        ondelete="set null",
        help="Receives events whose delivery fails finally or expires.",
    )
    fallback_email = fields.Char(
        string="Failure Report To",
        help="Email address that gets a list of failed deliveries, at most every 15 minutes.",
    )

    _timeout_positive = models.Constraint(
        "CHECK (timeout_s BETWEEN 1 AND 120)", "Timeout: enter 1 to 120 seconds."
    )
    _attempts_positive = models.Constraint(
        "CHECK (max_attempts BETWEEN 1 AND 100)", "Maximum attempts: enter 1 to 100."
    )
    _batch_bounded = models.Constraint(
        "CHECK (batch_size BETWEEN 1 AND 1000 AND batch_wait_s BETWEEN 0 AND 3600)",
        "Batches: enter 1 to 1,000 events and at most 3,600 seconds.",
    )
    _pace_bounded = models.Constraint(
        "CHECK (coalesce(rate_per_s, 0) >= 0 AND coalesce(rate_burst, 0) >= 0 AND coalesce(max_in_flight, 0) BETWEEN 0 AND 256)",
        "Rate limit: enter 0 or more. Max. concurrent requests: enter 0 to 256.",
    )
    _hold_in_order = models.Constraint(
        "CHECK (hold_from IS NULL OR hold_until IS NULL OR hold_from < hold_until)",
        "Downtime: the end is before the start.",
    )

    _ages_bounded = models.Constraint(
        "CHECK (coalesce(expires_after_h, 0) BETWEEN 0 AND 87600 AND coalesce(pause_after_days, 0) BETWEEN 0 AND 3650)",
        "Events expire after at most 10 years, and a subscription is paused after at most 10 years of failures.",
    )

    @api.constrains("retry_schedule")
    def _check_retry_schedule(self):
        for subscription in self:
            try:
                backoff.schedule(subscription.retry_schedule)
            except ValueError as error:
                raise ValidationError(self.env._("Retry schedule: %s", error)) from error

    @api.constrains("hours_text", "hours_tz", "hold_from", "hold_until")
    def _check_hours(self):
        for subscription in self:
            try:
                subscription._hours()
            except ValueError as error:
                raise ValidationError(self.env._("Active hours: %s", error)) from error

    @api.constrains("batch_size", "body_mode")
    def _check_batch_mode(self):
        for subscription in self:
            if subscription.batch_size > 1 and subscription.body_mode == "binary":
                raise ValidationError(
                    self.env._(
                        "Batches: a body with attributes in headers holds one event. Set the batch size to 1."
                    )
                )

    @api.constrains("fallback_id")
    def _check_fallback(self):
        if self._has_cycle("fallback_id"):
            raise ValidationError(
                self.env._("Fallback subscription: subscriptions cannot be the fallback of each other.")
            )
        for subscription in self.filtered("fallback_id"):
            if subscription.fallback_id.company_id != subscription.company_id:
                raise ValidationError(self.env._("Fallback subscription: choose one of the same company."))

    def _hours(self):
        """The hours in which events are sent, or ``None`` for always.

        :raises ValueError: names the part that cannot be read.
        """
        hold = tuple(moment.timestamp() if moment else None for moment in self._hold_utc())
        if not self.hours_text and hold == (None, None):
            return None
        return Hours(self.hours_text or "", self.hours_tz or "UTC", *hold)

    def _hold_utc(self):
        return [
            moment.replace(tzinfo=timezone.utc) if moment else None
            for moment in (self.hold_from, self.hold_until)
        ]

    def _channel_pace(self):
        """The throughput part of ``Channel``."""
        return {
            "timeout_s": self.timeout_s,
            "max_attempts": self.max_attempts,
            "is_ordered": self.is_ordered,
            "holds_at_dead": self.is_ordered and self.on_dead == "hold",
            "batch_size": self.batch_size,
            "batch_wait_s": self.batch_wait_s,
            "max_in_flight": self.max_in_flight,
            "rate_per_s": self.rate_per_s,
            "burst": max(1, self.rate_burst),
            "schedule": backoff.schedule(self.retry_schedule),
            "expires_after_s": int(self.expires_after_h * 3600),
            "hours": self._hours(),
            "fallback_id": self.fallback_id.id or None,
        }
