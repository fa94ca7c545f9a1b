from odoo import api, fields, models
from odoo.tools import format_datetime, format_time

from ..reply import sentence

WAITING = ("pending", "retrying")


class IntegrationDelivery(models.Model):
    """What a delivery's form says of its status: why it waits, and what the partner replied."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.delivery"

    wait_reason = fields.Char(
        string="Waiting For", compute="_compute_wait_reason", help="Why the delivery was not sent yet."
    )
    response_text = fields.Char(
        string="Partner Response",
        compute="_compute_response_text",
        help="Error text in the partner's response to the last attempt.",
    )

    @api.depends("state", "after_id", "next_attempt_at", "subscription_id.state")
    @api.depends_context("tz", "lang")
    def _compute_wait_reason(self):
        blocked = {s: s._wait_reason() for s in self.subscription_id}
        for delivery in self:
            if delivery.state not in WAITING:
                delivery.wait_reason = False
                continue
            delivery.wait_reason = (
                blocked[delivery.subscription_id] or delivery._ahead_text() or delivery._next_attempt_text()
            )

    def _ahead_text(self):
        """The delivery of the same key that goes first, or ``None``."""
        ahead = self.after_id
        if not ahead:
            return None
        if ahead.state == "dead":
            return self.env._(
                "Waits for %s of the same key, which failed. Retry or cancel that one.", ahead.display_name
            )
        return self.env._("Waits for %s of the same key.", ahead.display_name)

    def _next_attempt_text(self):
        if not self.next_attempt_at or self.next_attempt_at <= fields.Datetime.now():
            return self.env._("Queued: due now.")
        if self.state == "retrying":
            return self.env._(
                "Attempt %(number)s of %(most)s at %(time)s.",
                number=self.failure_count + 1,
                most=self.subscription_id.max_attempts,
                time=moment(self.env, self.next_attempt_at),
            )
        return self.env._("Queued: due at %s.", moment(self.env, self.next_attempt_at))

    @api.depends_context("uid")
    @api.depends("state", "attempt_ids")
    def _compute_response_text(self):
        for delivery in self:
            last = delivery.attempt_ids.sorted("id")[-1:]
            delivery.response_text = sentence(last.response_body_text) if not last.is_success else False


class IntegrationSubscription(models.Model):
    _inherit = "integration.subscription"

    hold_text = fields.Char(compute="_compute_hold_text")

    @api.depends_context("tz", "lang")
    def _compute_hold_text(self):
        for subscription in self:
            subscription.hold_text = subscription.open_until and self.env._(
                "%(system)s has been unavailable since %(since)s. Next attempt at %(until)s; events are queued.",
                system=subscription.system_id.name,
                since=moment(self.env, subscription.failing_since or subscription.open_until),
                until=moment(self.env, subscription.open_until),
            )

    def _wait_reason(self):
        """Why nothing is sent to this subscription now, or ``None``."""
        self.ensure_one()
        own = self.sudo()
        system = own.system_id
        if not system.active:
            return self.env._("%s is archived.", system.name)
        if system._is_all_suspended():
            return self.env._("All integrations are suspended.")
        if system.is_suspended:
            return self.env._("%s is suspended.", system.name)
        if not self.active:
            return self.env._("Subscription is archived.")
        if self.state == "paused":
            return self.env._("Subscription is paused.")
        problem = own._undecided() or self.secret_problem
        if not problem and not self.has_secret:
            problem = self.env._("%s has no signing secret", system.name)
        if problem:
            return f"{problem}."
        if self.open_until:
            return self.env._(
                "On hold: %(system)s is unavailable, next attempt %(time)s.",
                system=system.name,
                time=moment(self.env, self.open_until),
            )
        return self._hours_text_now()

    def _hours_text_now(self):
        """That the partner is not to be called now, or ``None``."""
        hours = self._hours()
        now = fields.Datetime.now()
        if not hours or hours.is_open(now.timestamp()):
            return None
        begun = not self.hold_from or self.hold_from <= now
        if (self.hold_from or self.hold_until) and begun and (not self.hold_until or now < self.hold_until):
            if not self.hold_until:
                return self.env._("Planned downtime until further notice.")
            return self.env._("Planned downtime until %s.", moment(self.env, self.hold_until))
        return self.env._(
            "Outside active hours (%(hours)s, %(zone)s).", hours=self.hours_text, zone=self.hours_tz
        )


def moment(env, when):
    """A moment as the user reads it: the time of today, otherwise date and time."""
    here = fields.Datetime.context_timestamp(env.user, when)
    today = fields.Datetime.context_timestamp(env.user, fields.Datetime.now())
    if here.date() == today.date():
        return format_time(env, here.time(), time_format="short")
    return format_datetime(env, when, dt_format="short")
