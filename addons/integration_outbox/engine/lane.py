"""The outbox's lane: fan out, claim, send, settle, over and over.

::

    fan out + claim ─→ ready ─→ request ─→ response ─→ settle
     (database)       (InFlight)   (Transport)           (database)

In a worker the database work runs beside the requests; in a cron it takes turns with them.
"""

import os
import time
from collections import namedtuple
from concurrent.futures import FIRST_COMPLETED, wait

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core import logs
from odoo.addons.integration_core.engine.cursor import Sessions
from odoo.addons.integration_core.engine.executor import Inline, pool
from odoo.addons.integration_core.engine.lane import Lane, Periodic
from odoo.addons.integration_core.engine.queue import worker_id
from odoo.addons.integration_core.engine.settling import settle_batch
from odoo.addons.integration_core.trust import last_use

from . import compose, deliveries, health, ordering, outcome, replay, responses, rollup
from .channels import LOOK_EVERY_S, Channels
from .compose import CannotBeSent
from .deliveries import LEASE_SPARE_S, QUEUE
from .fanout import fan_out
from .in_flight import InFlight
from .outcome import judge
from .send import Response
from .settle import fall_back, headers_text, settle, without_details
from .transport import Transport
from .watermark import lock_dispatch

_logger = logs.get_logger(__name__)

# While requests are under way the tables are asked again this often at most, in seconds.
CLAIM_EVERY_S = 0.01
SELECT_S = 0.005
# Filters and mappings may take so much of one round: they must not keep the others waiting, in seconds.
COMPOSE_S = 0.02
# How many results are settled in one transaction at most.
SETTLE_BATCH = 500
# Dead workers are looked for, and ordered queues tidied up, this often, in seconds.
TIDY_EVERY_S = 5.0
# How often replays hand the next events out, and what fell back is enqueued, in seconds.
ENQUEUE_EVERY_S = 0.5
# What was left out at a resume is cancelled in steps, with this pause between them.
DISCARD_EVERY_S = 0.2

# index: integration_replay_running_idx, integration_delivery_unplaced_idx
ANY_TO_ENQUEUE = """
    SELECT
     WHERE EXISTS (SELECT FROM integration_replay WHERE state IN ('running', 'cancelling'))
        OR EXISTS (SELECT
                     FROM integration_delivery
                    WHERE state = 'pending' AND next_attempt_at IS NULL AND position IS NULL
                      AND partition_key IS NOT NULL)
"""

# ``rows``: the deliveries that one request carries; more than one only in a batch.
# ``headers``: the request's; ``headers_text``: as they are stored, secrets masked.
# ``token``: the access token that it showed.
Job = namedtuple("Job", "rows channel url headers_text token headers", defaults=(None, None, None, None))
NOT_TRIED = Response(None, None, None, None, {}, None)

Found = namedtuple("Found", "dispatched rows")


class OutboxLane(Lane):
    name = "outbox"
    cron = "integration_outbox.cron_lane_outbox"

    def __init__(self, registry, is_threaded=False):
        super().__init__(registry, is_threaded)
        self.worker = worker_id()
        # A claim or a result that a crash of PostgreSQL forgets is one that is sent again.
        self.sessions = Sessions(registry, is_durable=False)
        self.executor = pool(registry.db_name, 2, "outbox-db") if is_threaded else Inline()
        self.channels = Channels()
        self.transport = Transport()
        self.in_flight = InFlight()
        self.results = []
        self.unbegun = []  # ids that were claimed and go back
        self._settling = None  # (future, results, ids to put back): tried again when the database fails
        self._claiming = None
        self._claim_at = 0.0
        self._looked_ahead_to = 0
        self._has_lost_track = False
        self._has_rested = True
        self._chores = (
            (Periodic(LOOK_EVERY_S, self._refresh_channels), True),
            (Periodic(TIDY_EVERY_S, self._tidy), False),
            (Periodic(ENQUEUE_EVERY_S, self._enqueue), False),
            (Periodic(DISCARD_EVERY_S, self._discard), False),
        )

    def run_once(self):
        self._do_chores()
        moved = self._claim()
        moved += self._begin()
        moved += self._take_in(0 if moved else SELECT_S)
        moved += self._settle()
        return bool(
            moved or self.in_flight or self._claiming or self._settling or self.results or self.unbegun
        )

    # -- chores ----------------------------------------------------------------------------------

    def _do_chores(self):
        if self._has_lost_track and self._claiming is None:
            with self.sessions.transaction() as cr:
                QUEUE.release(cr, self.worker, self.in_flight.ids)
            self._has_lost_track = False
        for chore, is_due_after_rest in self._chores:
            # Who called after a rest may have changed a setting: that has to be seen.
            chore.run_if_due(self._has_rested and is_due_after_rest)
        self._has_rested = False

    def _refresh_channels(self):
        with self.sessions.transaction() as cr:
            self.channels.refresh(cr)

    def _tidy(self):
        with self.sessions.transaction() as cr:
            fall_back(cr, deliveries.reclaim(cr))
            if lock_dispatch(cr) is not None:
                ordering.remove_cancelled(cr)
                ordering.release_behind_dead(cr)
        with self.sessions.transaction() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["integration.subscription"]._stop_those_failing()
            env["integration.subscription"]._report_the_dead()
            env["integration.code"]._collect()

    def _enqueue(self):
        with self.sessions.transaction() as cr:
            cr.execute(ANY_TO_ENQUEUE)
            if cr.rowcount and lock_dispatch(cr) is not None:
                replay.advance(cr)
                ordering.enqueue_unplaced(cr)

    def _discard(self):
        with self.sessions.transaction() as cr:
            if deliveries.discard(cr) and lock_dispatch(cr) is not None:
                ordering.remove_cancelled(cr)

    # -- the four steps --------------------------------------------------------------------------

    def _claim(self):
        """Fan new events out and claim what is due, beside the requests; how many there were."""
        moved = 0
        if self._claiming is not None and self._claiming.done():
            claiming, self._claiming = self._claiming, None
            found = claiming.result()
            self.in_flight.take(found.rows, time.monotonic())
            moved = found.dispatched + len(found.rows)
            self._claim_at = 0.0 if moved or not self.in_flight else time.monotonic() + CLAIM_EVERY_S
            if not moved:
                return 0
        if self._claiming is None and time.monotonic() >= self._claim_at:
            rooms = self.in_flight.rooms(self.channels)
            on_trial = {channel.id for channel, _free in rooms if self.channels.is_on_trial(channel)}
            self._claiming = self.executor.submit(self._fan_out_and_claim, rooms, on_trial)
        return moved

    def _fan_out_and_claim(self, rooms, on_trial):
        with self.sessions.transaction() as cr:
            dispatched, self._looked_ahead_to = fan_out(cr, self._looked_ahead_to)
        rows = []
        if rooms:
            with self.sessions.transaction() as cr:
                rows = deliveries.claim(cr, rooms, self.worker, on_trial)
        return Found(dispatched, rows)

    def _begin(self):
        """Begin requests for what was claimed, as many as each channel has room for."""
        begun = 0
        deadline = time.monotonic() + COMPOSE_S
        for channel_id in list(self.in_flight.ready):
            channel = self.channels.get(channel_id)
            # One that is closed by now needs no token: its deliveries go back.
            if channel and self.channels.is_open(channel) and self.transport.is_waiting_for_token(channel):
                continue
            is_on_trial = channel is not None and self.channels.is_on_trial(channel)
            for rows, claimed_at in self.in_flight.next_requests(channel_id, channel, is_on_trial):
                self._begin_one(rows, channel, claimed_at)
                begun += 1
                if channel and (channel.filter or channel.mapping) and time.monotonic() > deadline:
                    break
        return begun

    def _begin_one(self, rows, channel, claimed_at):
        """Begin one request. What cannot even be begun has failed like any other attempt."""
        if channel is None or not self._may_begin(channel, claimed_at):
            self.unbegun += [row.id for row in rows]
            return
        job = Job(rows, channel, channel.url)
        rows, parts = self._parts(job)
        if not rows:
            return
        try:
            token = self.transport.token_of(channel)
            request = compose.request(rows, parts, channel, token)
            text = headers_text(request.headers, channel.secret_headers)
            job = Job(rows, channel, request.url, text, token, request.headers)
            self.transport.start(job, request, channel)
            self.in_flight.begun(channel.id)
        except Exception as error:
            _logger.exception("delivery %s could not be begun", rows[0].id)
            for row in rows:
                self._failed_here(job, row, error)

    def _may_begin(self, channel, claimed_at):
        """Whether the channel is still open, the lease covers a request that begins now, and the token lasts."""
        if channel.client and not self.transport.token_of(channel):
            return False
        spent = time.monotonic() - claimed_at
        return self.channels.is_open(channel) and spent < channel.timeout_s + LEASE_SPARE_S / 2

    def _parts(self, job):
        """The deliveries that are to be sent, and what each gives to the request; the others end here.

        Each by itself: one event that its mapping cannot take does not take the rest of its batch along, and
        whatever working on one raises is that one's failed attempt.
        """
        channel, rows, parts = job.channel, [], []
        for row in job.rows:
            try:
                if channel.expires_after_s and row.age_s > channel.expires_after_s:
                    self.results.append((job, row, NOT_TRIED, outcome.expired(row.age_s)))
                    continue
                part = compose.part(row, channel, self.channels.source)
            except CannotBeSent as error:
                self.results.append((job, row, NOT_TRIED, outcome.unsendable(str(error))))
                continue
            except Exception as error:
                _logger.exception("delivery %s could not be composed", row.id)
                self._failed_here(job, row, error)
                continue
            if part is None:
                self.results.append((job, row, NOT_TRIED, outcome.UNWANTED))
            else:
                rows.append(row)
                parts.append(part)
        return rows, parts

    def _failed_here(self, job, row, error):
        """Our own work on a delivery failed: an attempt like any other, of which the partner knows nothing."""
        response = Response(0, None, time.time(), 0, {}, "")
        self.results.append((job, row, response, outcome.unforeseen(error, row.failure_count, job.channel)))

    def _take_in(self, wait_s):
        """Take in the responses that have come; waits for something to happen at most so long."""
        if not self.transport.is_busy and wait_s:
            self._wait_for_database()
        ended, without_token = self.transport.finished(wait_s)
        for job, response in ended:
            self.in_flight.finished(job.channel.id, len(job.rows))
            self._answered(job, response)
        for client, response in without_token:
            # What waited for the token has failed like any other attempt.
            for rows, channel_id in self.in_flight.withdraw(self.channels.of_client(client)):
                self._answered(Job(rows, self.channels.get(channel_id), client.url), response)
        return len(ended)

    def _answered(self, job, response):
        self.transport.note_refused_token(job, response)
        for row in job.rows:
            try:
                judged = judge(
                    response.status, response.reason, response.headers, row.failure_count, job.channel
                )
                self.results.append((job, row, response, judged))
            except Exception as error:
                _logger.exception("the response to delivery %s could not be understood", row.id)
                self._failed_here(job, row, error)

    def _wait_for_database(self):
        futures = [f for f in (self._claiming, self._settling and self._settling[0]) if f]
        if futures:
            wait(futures, timeout=1, return_when=FIRST_COMPLETED)

    def _settle(self):
        """Write down what came back, beside the requests; how many rows were written."""
        settled = 0
        if self._settling is not None and self._settling[0].done():
            (future, results, unbegun), self._settling = self._settling, None
            try:
                future.result()
            except Exception:
                # Kept until the database is back: what was sent is not to be sent again.
                self.results, self.unbegun = results + self.results, unbegun + self.unbegun
                raise
            self.in_flight.settled([row.id for _job, row, _response, _outcome in results])
            self.in_flight.settled(unbegun)
            settled = len(results) + len(unbegun)
            self._claim_at = 0.0  # who waited for one of these may go now
        if self._settling is None and (self.results or self.unbegun):
            batch, self.results = self.results[:SETTLE_BATCH], self.results[SETTLE_BATCH:]
            unbegun, self.unbegun = self.unbegun, []
            self._settling = self.executor.submit(self._write_down, batch, unbegun), batch, unbegun
        return settled

    def _write_down(self, results, unbegun):
        if unbegun:
            with self.sessions.transaction() as cr:
                QUEUE.put_back(cr, self.worker, unbegun)
        if results:
            settle_batch(results, self._settle_batch, without_details)

    def _settle_batch(self, results):
        """One transaction: the deliveries and their attempts, and what they say of the partners."""
        with self.sessions.transaction() as cr:
            settled = settle(cr, self.worker, results)
            changed = health.record_responses(cr, self._news(settled))
            rollup.add(cr, os.getpid(), settled)
            last_use.note(cr, responses.credentials_used(settled))
        self.channels.note_breakers(changed)
        for id_ in {job.channel.id for job, _row, _response, judged in settled if judged.ends}:
            with self.sessions.transaction() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                env["integration.subscription"].browse(id_)._end_at_partners_wish()
        return settled

    def _news(self, results):
        """What the breakers have to hear: not that one that never failed has succeeded again."""
        healths = self.channels.healths
        return {
            id_: said
            for id_, said in responses.by_subscription(results).items()
            if said.failed_keys or said.hold_s or id_ not in healths or not healths[id_].is_well
        }

    # -- what the loop asks ----------------------------------------------------------------------

    def seconds_to_next(self):
        with self.sessions.transaction() as cr:
            return deliveries.seconds_to_next(cr, self.channels.open())

    def rest(self, seconds, sleep):
        """While the database is away partners still answer: unread, their answers would time out."""
        end = time.monotonic() + seconds
        while self.in_flight.requests and time.monotonic() < end:
            self._take_in(SELECT_S)
        left = end - time.monotonic()
        self._has_rested = True
        return left > 0 and sleep(left)

    def drain(self, deadline=None):
        """Finish what is under way; what was claimed and not begun goes back."""
        if self._claiming is not None:
            claiming, self._claiming = self._claiming, None
            self.in_flight.take(claiming.result().rows, time.monotonic())
        for rows, _channel_id in self.in_flight.withdraw():
            self.unbegun += [row.id for row in rows]
        while self.in_flight:
            if deadline is not None and time.monotonic() > deadline:
                _logger.error(
                    "lane outbox: %s deliveries did not end in time, their leases bring them back",
                    len(self.in_flight.ids),
                )
                return
            self._take_in(SELECT_S)
            self._settle()

    def forget(self):
        """After a failure: what is under way goes on, and what was lost sight of is given back."""
        self._has_lost_track = True
        self._claim_at = 0.0

    def close(self):
        self.transport.close()
        self.executor.shutdown(wait=not self.in_flight)
        self.sessions.close()
