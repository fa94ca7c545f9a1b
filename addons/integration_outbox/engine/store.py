"""The lane's transactions: everything that it reads from and writes to the database."""

import os
import time
from collections import namedtuple

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine.cursor import Sessions
from odoo.addons.integration_core.trust import last_use

from . import claim, health, ordering, replay, rollup
from .fanout import fan_out
from .settle import settle
from .watermark import lock_dispatch

# Subscriptions and keys are looked at this often, and read anew when they changed; at the latest after
# RELOAD_EVERY_S.
CHANNELS_EVERY_S = 1.0
RELOAD_EVERY_S = 30.0
# Dead workers are looked for, and lines tidied up, this often.
TIDY_EVERY_S = 5.0
# How often replays hand the next events out.
REPLAY_EVERY_S = 0.5

ANY_REPLAY = "SELECT FROM integration_replay WHERE state IN ('running', 'cancelling') LIMIT 1"

Found = namedtuple("Found", "dispatched rows")

# What the channels are made of; cheaper than reading, and unsealing, all of it.
STAMP = """
    SELECT (SELECT array_agg((id, write_date, state) ORDER BY id) FROM integration_subscription)::text,
           (SELECT array_agg((id, write_date) ORDER BY id) FROM integration_system)::text,
           (SELECT array_agg((id, write_date, state) ORDER BY id) FROM integration_credential)::text,
           (SELECT array_agg(value ORDER BY key) FROM ir_config_parameter
             WHERE key IN ('database.uuid', 'web.base.url', 'integration_hub.identity'))::text
"""


class Store:
    """:param worker: the name that leases are held under."""

    def __init__(self, registry, worker):
        self.worker = worker
        # A claim or an answer that a crash of PostgreSQL forgets is one that is sent again.
        self.sessions = Sessions(registry, is_durable=False)
        self.channels = {}
        self.healths = {}
        self.source = ""
        self._stamp = None
        self._looked_ahead_to = 0
        self._channels_at = self._reload_at = self._tidy_at = self._replay_at = 0.0

    def tend(self, known, has_rested=False):
        """What is due from time to time: subscriptions that changed, workers that died, lines.

        :param has_rested: somebody called after a rest: what was changed before that has to be seen.
        :param known: ids of the deliveries in hand, or ``None`` when all is well; others that are leased
            under this name are given back.
        """
        now = time.monotonic()
        if known is not None:
            with self.sessions.transaction() as cr:
                claim.release(cr, self.worker, known)
        if has_rested or now >= self._channels_at:
            self._refresh_channels(now)
            self._channels_at = now + CHANNELS_EVERY_S
        if now >= self._tidy_at:
            self._tidy()
            self._tidy_at = now + TIDY_EVERY_S
        if now >= self._replay_at:
            with self.sessions.transaction() as cr:
                cr.execute(ANY_REPLAY)
                if cr.rowcount and lock_dispatch(cr) is not None:
                    replay.advance(cr)
            self._replay_at = now + REPLAY_EVERY_S

    def _tidy(self):
        with self.sessions.transaction() as cr:
            claim.reclaim(cr)
            claim.unpause(cr)
            if lock_dispatch(cr) is not None:
                ordering.remove_cancelled(cr)
                ordering.release_behind_dead(cr)
        with self.sessions.transaction() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["integration.subscription"]._stop_those_failing()
            env["integration.subscription"]._report_the_dead()

    def _refresh_channels(self, now):
        with self.sessions.transaction() as cr:
            cr.execute(STAMP)
            stamp = cr.fetchone()
            if stamp != self._stamp or now >= self._reload_at:
                env = api.Environment(cr, SUPERUSER_ID, {})
                self.channels = env["integration.subscription"]._channels()
                self.source = f"/odoo/{env['ir.config_parameter'].get_param('database.uuid')}"
                env.clear()
                self._stamp = stamp
                self._reload_at = now + RELOAD_EVERY_S
            self.healths = health.read(cr, self.channels)

    def open_channels(self):
        return [channel for channel in self.channels.values() if self.is_open(channel)]

    def is_open(self, channel):
        """Whether requests may go out on this channel now."""
        if channel.is_paused or channel.problem is not None:
            return False
        if channel.hours is not None and not channel.hours.is_open(time.time()):
            return False
        health_of = self.healths.get(channel.id)
        return health_of is None or health_of.breaker.state(health_of.now_here()) != "open"

    def is_on_trial(self, channel):
        """Whether one request at a time finds out if the partner is back."""
        health_of = self.healths.get(channel.id)
        return health_of is not None and health_of.breaker.state(health_of.now_here()) == "half-open"

    def look(self, rooms):
        """Dispatch new events, then claim what is due."""
        with self.sessions.transaction() as cr:
            dispatched, self._looked_ahead_to = fan_out(cr, self._looked_ahead_to)
        rows = []
        if rooms:
            with self.sessions.transaction() as cr:
                rows = claim.claim(cr, rooms, self.worker)
        return Found(dispatched, rows)

    def note(self, results):
        """Write down what came back, and tell the breakers."""
        with self.sessions.transaction() as cr:
            noted = settle(cr, self.worker, results)
            changed = health.record_responses(cr, self._news(noted))
            rollup.add(cr, os.getpid(), noted)
            last_use.note(cr, _used(noted))
        for id_, breaker in changed.items():
            if id_ in self.healths:
                self.healths[id_] = self.healths[id_].with_breaker(breaker)
        for id_ in {job.channel.id for job, _row, _response, outcome in noted if outcome.ends}:
            with self.sessions.transaction() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["integration.subscription"].browse(id_)._end_at_partners_wish()

    def _news(self, results):
        """What the breakers have to hear: not that one that never failed has succeeded again."""
        return {
            id_: answers
            for id_, answers in _answers(results).items()
            if answers.failures or answers.hold_s or id_ not in self.healths or not self.healths[id_].is_well
        }

    def seconds_to_next(self):
        with self.sessions.transaction() as cr:
            return claim.seconds_to_next(cr, self.open_channels())

    def close(self):
        self.sessions.close()


def _answers(results):
    """What a round of results says about each partner's health."""
    answers = {}
    for job, _row, response, outcome in results:
        if response.started_at is None:
            continue
        seen = answers.get(job.channel.id)
        if seen is None:
            seen = answers[job.channel.id] = [0, 0, 0]
        seen[outcome.is_sick] += 1
        if outcome.hold_s > seen[2]:
            seen[2] = outcome.hold_s
    return {id_: health.Responses(*seen) for id_, seen in answers.items()}


def _used(results):
    """The credentials that what was answered had been signed with."""
    return {
        id_
        for job, _row, response, _outcome in results
        if response.status
        for id_ in job.channel.credential_ids
    }
