"""What an answer means for a delivery. Plain Python."""

from collections import namedtuple
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from odoo.addons.integration_core.policy import backoff

# ``delay_s`` is set for ``retrying`` only. ``is_sick``: whether it speaks against the partner's health.
# ``hold_s``: for how long the partner asked not to be called at all. ``ends``: it wants no more, ever.
# ``is_local``: it failed here, before anything was sent: that says nothing of the partner.
Outcome = namedtuple(
    "Outcome", "state delay_s reason is_sick hold_s ends is_local", defaults=(False, 0, False, False)
)

# 4xx that say "not now" rather than "never": timeout, conflict, locked, too early, too many requests.
PASSING_4XX = {408, 409, 423, 425, 429}
# Those that ask everybody to wait, when they say how long.
ASKS_TO_WAIT = {429, 503}

DELIVERED = Outcome("delivered", None, None)
UNWANTED = Outcome("unwanted", None, None)
UNFORESEEN = "Could not be sent"


def judge(status, reason, headers, failures, channel):
    """What becomes of the delivery.

    :param status: HTTP status, 0 when there was no answer.
    :param reason: why there was none.
    :param failures: how many attempts failed before this one.
    :param channel: its ``max_attempts`` and ``schedule`` count.
    """
    if 200 <= status < 300:
        return DELIVERED
    reason = _reason(status, reason, headers)
    # A token that the partner has forgotten is fetched anew for the next attempt.
    is_passing = status in PASSING_4XX or status == 401 and channel.client is not None
    if 300 <= status < 400 or 400 <= status < 500 and not is_passing:
        return Outcome("dead", None, reason, ends=status == 410)
    wait = retry_after_s(headers) or 0
    hold = wait if status in ASKS_TO_WAIT else 0
    if failures + 1 >= channel.max_attempts:
        reason = f"{reason}; given up after {failures + 1} attempts"
        return Outcome("dead", None, reason, True, hold)
    delay = max(backoff.delay_s(failures + 1, channel.schedule), wait)
    return Outcome("retrying", delay, reason, True, hold)


def unforeseen(error, failures, channel):
    """What becomes of a delivery on which our own work failed: an attempt like any other, but not the partner's."""
    reason = f"{UNFORESEEN}: {type(error).__name__}: {error}"[:500]
    return judge(0, reason, {}, failures, channel)._replace(is_sick=False, is_local=True)


def expired(age_s):
    hours = age_s / 3600
    age = f"{hours:.1f} hours" if hours >= 1 else f"{age_s:.0f} seconds"
    return Outcome("expired", None, f"Was {age} old when it could be sent")


def unsendable(reason):
    """It cannot be sent however often it is tried: a mapping that fails, a body that is none."""
    return Outcome("dead", None, reason)


def _reason(status, reason, headers):
    if not status:
        return reason or "No response"
    if 300 <= status < 400:
        return (
            f"HTTP {status}, a redirect to {headers.get('location', 'nowhere')}: redirects are not followed"
        )
    if status == 410:
        return "HTTP 410: the partner no longer accepts this event"
    return f"HTTP {status}"


def retry_after_s(headers, now=None):
    """``Retry-After`` in seconds (RFC 9110, section 10.2.3), at most a day; ``None`` without one."""
    value = headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return min(int(value[:9]), 86400)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return min(max(0.0, (when - (now or datetime.now(timezone.utc))).total_seconds()), 86400)
