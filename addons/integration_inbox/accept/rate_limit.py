"""Rate limit and queue length limit of an endpoint."""

import math
import time

from odoo.addons.integration_core.engine.cursor import transaction
from odoo.addons.integration_core.engine.rate_limiter import RateLimiter

from ..refusal import Refused

# A backlog is counted so often at most by each process, in seconds: between two counts it may outgrow its
# bound by what arrives meanwhile.
COUNT_EVERY_S = 1.0
# When a sender that was told to wait may come again, in seconds.
COME_AGAIN_S = 10

LIMITER = RateLimiter("integration_endpoint_rate_limiter", "endpoint_id")
# index: integration_message_open_idx
COUNT_WAITING = """
    SELECT count(*)
      FROM (SELECT
              FROM integration_message
             WHERE endpoint_id = %s AND state IN ('received', 'processing', 'waiting', 'retrying')
             LIMIT %s) AS waiting
"""

_counted = {}


def check_rate(cr, settings):
    """Take one token of the endpoint's bucket, which all processes share.

    :raises Refused: there is none; says when.
    """
    if settings.rate:
        with transaction(cr):
            _take_token(cr, settings)


def _take_token(cr, settings):
    bucket = LIMITER.lock(cr, settings.id, settings.rate, settings.burst)
    if bucket.tokens < 1:
        raise Refused(
            429,
            "too-many-messages",
            "Too many messages",
            f"This address takes {settings.rate:g} messages per second.",
            [("Retry-After", str(math.ceil(bucket.wait_s(settings.rate))))],
        )
    LIMITER.save(cr, {settings.id: bucket.taken(1)})


def check_backlog(cr, settings):
    """:raises Refused: more wait to be applied than the admin allows."""
    if not settings.most_waiting:
        return
    key = cr.dbname, settings.id
    counted_at, is_full = _counted.get(key, (0.0, False))
    now = time.monotonic()
    if now - counted_at >= COUNT_EVERY_S or not counted_at:
        cr.execute(COUNT_WAITING, [settings.id, settings.most_waiting])
        is_full = cr.fetchone()[0] >= settings.most_waiting
        _counted[key] = now, is_full
    if is_full:
        raise Refused(
            503,
            "backlog-full",
            "Too much is waiting",
            "More messages wait to be applied than this address allows. Nothing was taken; send it again.",
            [("Retry-After", str(COME_AGAIN_S))],
        )


def forget_counts():
    """For tests: count again at once."""
    _counted.clear()
