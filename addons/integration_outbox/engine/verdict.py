"""What an answer means for a delivery. Plain Python."""

from collections import namedtuple
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from odoo.addons.integration_core.policy import backoff

Verdict = namedtuple("Verdict", "state delay_s reason")

# 4xx that say "not now" rather than "never": timeout, conflict, locked, too early, too many requests.
PASSING_4XX = {408, 409, 423, 425, 429}


def judge(status, reason, headers, failures, max_attempts):
    """What becomes of the delivery.

    :param status: HTTP status, 0 when there was no answer.
    :param reason: why there was none.
    :param failures: how many attempts failed before this one.
    :return: ``Verdict``; ``delay_s`` is set for ``retrying`` only.
    """
    if 200 <= status < 300:
        return Verdict("delivered", None, None)
    reason = _reason(status, reason, headers)
    if 300 <= status < 400 or 400 <= status < 500 and status not in PASSING_4XX:
        return Verdict("dead", None, reason)
    if failures + 1 >= max_attempts:
        return Verdict("dead", None, f"{reason}; given up after {failures + 1} attempts")
    delay = max(backoff.delay_s(failures + 1), retry_after_s(headers) or 0)
    return Verdict("retrying", delay, reason)


def _reason(status, reason, headers):
    if not status:
        return reason or "No answer"
    if 300 <= status < 400:
        return f"Answered {status}, a redirect to {headers.get('location', 'nowhere')}: redirects are not followed"
    if status == 410:
        return "Answered 410: the partner does not want this any more"
    return f"Answered {status}"


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
