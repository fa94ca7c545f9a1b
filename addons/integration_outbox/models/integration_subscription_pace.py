from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.policy import backoff
from odoo.addons.integration_core.policy.hours import Hours


class IntegrationSubscription(models.Model):
    """When and how fast a subscription sends: order, batches, rate, retries, hours; and what if it fails."""

    # pylint: disable=consider-merging-classes-inherited
    # One model, three ideas: each in a file of its own.
    _inherit = "integration.subscription"

    timeout_s = fields.Integer(string="Timeout (s)", required=True, default=15)
    is_ordered = fields.Boolean(
        string="In Order",
        tracking=True,
        help="Events with one key (those of one order, of one shipment) go out one after the other.",
    )
    on_dead = fields.Selection(
        [("hold", "Hold what follows of the same key"), ("skip", "Go on without it")],
        string="After a Dead Letter",
        required=True,
        default="hold",
        help="Held events go out once the dead letter was sent again, or was cancelled.",
    )
    batch_size = fields.Integer(
        required=True, default=1, help="So many events in one request at most. 1 sends each by itself."
    )
    batch_wait_s = fields.Float(
        string="Wait for a Full Batch (s)",
        default=1.0,
        help="How long the first one of a batch waits at most.",
    )
    rate_per_s = fields.Float(
        string="Rate Limit (per s)", help="Events per second on average, over all workers. 0 for no limit."
    )
    rate_burst = fields.Integer(string="Burst", default=1, help="So many at once after a silence.")
    max_in_flight = fields.Integer(
        string="Requests at Once", help="Over all workers. 0 leaves it to the engine: 64 for each worker."
    )
    max_attempts = fields.Integer(string="Attempts at Most", required=True, default=backoff.MAX_ATTEMPTS)
    retry_schedule = fields.Char(
        help="Waits after the first, second, … failure, like 30s 5m 2h 1d; the last one goes on. Empty: "
        "doubling from 2 seconds to 12 hours, at random below that."
    )
    expires_after_h = fields.Float(
        string="Expires After (h)", help="Older events are not sent any more. 0 for never."
    )
    pause_after_days = fields.Integer(
        default=5, help="Paused, and its owner told, after so many days without one success. 0 for never."
    )
    hours_text = fields.Char(
        string="Active Hours",
        tracking=True,
        help="When it may be called, like Mon-Fri 06:00-22:00, Sat 06:00-14:00. Events wait otherwise. Empty: always.",
    )
    hours_tz = fields.Selection(
        lambda self: self.env["res.partner"]._fields["tz"]._description_selection(self.env),
        string="Time Zone of These Hours",
        default=lambda self: self.env.user.tz or "UTC",
    )
    hold_from = fields.Datetime(
        string="Downtime From", help="A planned downtime: events wait until it is over."
    )
    hold_until = fields.Datetime(string="Downtime Until")
    fallback_id = fields.Many2one(
        "integration.subscription",
        domain="[('id', '!=', id), ('company_id', '=', company_id)]",
        ondelete="set null",
        help="Gets what dies or expires here.",
    )
    fallback_email = fields.Char(help="Gets a list of what died, at most every 15 minutes.")

    _timeout_positive = models.Constraint(
        "CHECK (timeout_s BETWEEN 1 AND 120)", "The timeout has to be between 1 and 120 seconds."
    )
    _attempts_positive = models.Constraint(
        "CHECK (max_attempts BETWEEN 1 AND 100)", "The number of attempts has to be between 1 and 100."
    )
    _batch_bounded = models.Constraint(
        "CHECK (batch_size BETWEEN 1 AND 1000 AND batch_wait_s BETWEEN 0 AND 3600)",
        "A batch has 1 to 1,000 events and waits for an hour at most.",
    )
    _pace_bounded = models.Constraint(
        "CHECK (coalesce(rate_per_s, 0) >= 0 AND coalesce(rate_burst, 0) >= 0 AND coalesce(max_in_flight, 0) BETWEEN 0 AND 256)",
        "The rate limit cannot be negative, and 256 requests at once are the most.",
    )
    _hold_in_order = models.Constraint(
        "CHECK (hold_from IS NULL OR hold_until IS NULL OR hold_from < hold_until)",
        "The downtime ends before it begins.",
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
                    self.env._("Batches: events whose attributes are headers cannot share a request.")
                )

    @api.constrains("fallback_id")
    def _check_fallback(self):
        if self._has_cycle("fallback_id"):
            raise ValidationError(
                self.env._("Fallback: subscriptions cannot fall back on each other in a circle.")
            )
        for subscription in self.filtered("fallback_id"):
            if subscription.fallback_id.company_id != subscription.company_id:
                raise ValidationError(self.env._("Fallback: it has to be one of the same company."))

    def _hours(self):
        """When it may be called, or ``None`` for always.

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
        """The part of ``Channel`` that says when, and how fast."""
        return {
            "timeout_s": self.timeout_s,
            "max_attempts": self.max_attempts,
            "is_ordered": self.is_ordered,
            "holds_at_dead": self.on_dead == "hold",
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
