"""Health of the partners' addresses, which all workers share: circuit breakers, and the buckets of rate limits."""

import hashlib
import json
import time
from collections import namedtuple
from dataclasses import dataclass, replace

from odoo.addons.integration_core.engine.rate_limiter import RateLimiter
from odoo.addons.integration_core.policy.breaker import Breaker
from odoo.addons.integration_core.policy.bucket import Bucket

# Failing keys are kept as digests of this length: what they tell apart is not what they say.
KEY_LENGTH = 16

# unique index on subscription_id
READ = """
    SELECT subscription_id, failures, openings, extract(epoch FROM open_until)::float,
           extract(epoch FROM failing_since)::float, failing_keys, tokens, extract(epoch FROM tokens_at)::float,
           extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC')::float
      FROM integration_subscription_health
     WHERE subscription_id = ANY (%s)
"""
LOCK = READ + " ORDER BY subscription_id FOR NO KEY UPDATE SKIP LOCKED"
LOCK_WAITING = READ + " ORDER BY subscription_id FOR NO KEY UPDATE"

WRITE_BREAKERS = """
    UPDATE integration_subscription_health AS health
       SET failures = new.failures,
           openings = new.openings,
           open_until = to_timestamp(new.open_until) AT TIME ZONE 'UTC',
           failing_since = to_timestamp(new.failing_since) AT TIME ZONE 'UTC',
           failing_keys = new.failing_keys::jsonb
      FROM unnest(%s::int[], %s::int[], %s::int[], %s::float[], %s::float[], %s::text[])
        AS new (subscription_id, failures, openings, open_until, failing_since, failing_keys)
     WHERE health.subscription_id = new.subscription_id
"""
# index: integration_delivery_lease_idx
UNDER_WAY = """
    SELECT subscription_id, count(*)
      FROM integration_delivery
     WHERE subscription_id = ANY (%s) AND state = 'sending'
     GROUP BY subscription_id
"""
LIMITER = RateLimiter("integration_subscription_health", "subscription_id")

# What came back in a round: how many successes, the key of each failure, how long the partner asked to wait.
Responses = namedtuple("Responses", "successes failed_keys hold_s")

# No answer, or one that says "not now": it speaks of the partner, whatever was sent.
AWAY = {0, 408, 429, 502, 503, 504}


def key_of(row, status):
    """What a failure counts for: the event's key, or the event alone where the partner itself is away."""
    key = row.event_id if status in AWAY else row.partition_key or row.event_id
    return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()[:KEY_LENGTH]


@dataclass(frozen=True)
class Health:
    """:ivar now: the database's clock when it was read; :ivar read_at: ``time.monotonic()`` of then."""

    breaker: Breaker
    bucket: Bucket
    now: float
    read_at: float

    def now_here(self):
        """The database's clock, as it must be by now: workers' own clocks may differ."""
        return self.now + time.monotonic() - self.read_at

    @property
    def is_well(self):
        return self.breaker == Breaker()

    def with_breaker(self, breaker):
        return replace(self, breaker=breaker)


def _healths(cr):
    return {
        id_: Health(
            Breaker(failures or 0, openings or 0, open_until, failing_since, frozenset(keys or ())),
            Bucket(tokens or 0.0, at),
            now,
            time.monotonic(),
        )
        for id_, failures, openings, open_until, failing_since, keys, tokens, at, now in cr.fetchall()
    }


def read(cr, ids):
    """``{subscription id: Health}``."""
    cr.execute(READ, [list(ids)])
    return _healths(cr)


def rooms(cr, wanted):
    """Bound what limited subscriptions may claim now; their rows stay locked until the claim commits.

    :param wanted: ``[(channel, free), …]`` of channels with a rate limit or a cap of their own.
    :return: the same with less room, and without those that another worker is claiming for.
    """
    channels = {channel.id: channel for channel, _free in wanted}
    cr.execute(LOCK, [list(channels)])
    healths = _healths(cr)
    cr.execute(UNDER_WAY, [list(healths)])
    under_way = dict(cr.fetchall())
    bounded = []
    for channel, free in wanted:
        health = healths.get(channel.id)
        if health is None:
            continue
        if channel.max_in_flight:
            free = min(free, channel.max_in_flight - under_way.get(channel.id, 0))
        if channel.rate_per_s:
            free = min(free, int(_filled(health, channel).tokens))
        if free > 0:
            bounded.append((channel, free))
    return bounded


def pay(cr, channels, taken):
    """Take the tokens of what was claimed; in the transaction of :func:`rooms`.

    :param channels: ``{id: channel}``; :param taken: ``{id: how many were claimed}``.
    """
    limited = [id_ for id_ in taken if channels[id_].rate_per_s]
    if limited:
        healths = read(cr, limited)
        LIMITER.save(
            cr, {id_: _filled(health, channels[id_]).taken(taken[id_]) for id_, health in healths.items()}
        )


def _filled(health, channel):
    return health.bucket.filled(channel.rate_per_s, channel.burst, health.now)


def record_responses(cr, responses):
    """Tell the breakers what came back; only what changes one is written.

    :param responses: ``{subscription id: Responses}``.
    :return: ``{subscription id: Breaker}`` of those that changed.
    """
    if not responses:
        return {}
    before = read(cr, responses)
    if not any(_after(health, responses[id_]) != health.breaker for id_, health in before.items()):
        return {}
    cr.execute(LOCK_WAITING, [list(responses)])
    changed = {}
    for id_, health in _healths(cr).items():
        breaker = _after(health, responses[id_])
        if breaker != health.breaker:
            changed[id_] = breaker
    if changed:
        rows = [
            (id_, b.failures, b.openings, b.open_until, b.failing_since, json.dumps(sorted(b.keys)))
            for id_, b in changed.items()
        ]
        cr.execute(WRITE_BREAKERS, [list(column) for column in zip(*rows, strict=True)])
    return changed


def _after(health, responses):
    breaker = health.breaker.after(responses.successes, responses.failed_keys, health.now)
    return breaker.held(health.now + responses.hold_s, health.now) if responses.hold_s else breaker
