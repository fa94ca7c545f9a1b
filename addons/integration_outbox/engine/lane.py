"""The outbox's lane: fan out, claim, send, settle, over and over."""

import os
import socket
import threading
import time
from collections import namedtuple
from concurrent.futures import FIRST_COMPLETED, wait

from odoo.addons.integration_core import logs
from odoo.addons.integration_core.engine.lane import Lane

from . import claim, compose, outcome, tokens
from .compose import CannotBeSent, request
from .executor import Inline, helpers
from .in_flight import InFlight
from .outcome import judge
from .send import Response, Sender
from .settle import headers_text
from .store import Store

_logger = logs.get_logger(__name__)

# While requests are under way the tables are asked again this often at most, in seconds.
LOOK_EVERY_S = 0.01
SELECT_S = 0.005
# Filters and mappings may take so much of one round: they must not keep the others waiting, in seconds.
COMPOSE_S = 0.02
# How many answers are written down in one transaction at most.
NOTE_MANY = 500

# ``rows``: the deliveries that one request carries; more than one only in a batch.
# ``headers_text``: the request's headers as they are kept, secrets masked.
# ``token``: the access token that it showed.
Job = namedtuple("Job", "rows channel url headers_text token", defaults=(None, None, None))
# A request for the access token that deliveries of this channel, and of others like it, wait for.
Errand = namedtuple("Errand", "client")
NOT_TRIED = Response(None, None, None, None, {}, None)


class OutboxLane(Lane):
    name = "outbox"
    cron = "integration_outbox.cron_lane_outbox"

    def __init__(self, registry, is_threaded=False):
        super().__init__(registry, is_threaded)
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 100000}"
        self.store = Store(registry, self.worker)
        self.executor = helpers(registry.db_name, 2) if is_threaded else Inline()
        self.senders = []
        self.in_flight = InFlight()
        self.results = []
        self.errands = set()  # clients whose token is being fetched
        self._noting = None  # (future, results): those are tried again when the database fails
        self._looking = None
        self._look_at = 0.0
        self._has_lost_track = False
        self._has_rested = True

    def run_once(self):
        self._tend()
        moved = self._look()
        moved += self._begin()
        moved += self._take_in(0 if moved else SELECT_S)
        moved += self._note()
        return bool(moved or self.in_flight or self._looking or self._noting or self.results)

    def _tend(self):
        known = None
        if self._has_lost_track and self._looking is None:
            known, self._has_lost_track = self.in_flight.ids, False
        try:
            self.store.tend(known, self._has_rested)
            self._has_rested = False
        except Exception:
            self._has_lost_track |= known is not None
            raise

    # -- the four steps --------------------------------------------------------------------------

    def _look(self):
        """Dispatch new events and claim what is due, beside the requests; how many there were."""
        moved = 0
        if self._looking is not None and self._looking.done():
            looking, self._looking = self._looking, None
            found = looking.result()
            self.in_flight.take(found.rows, time.monotonic())
            moved = found.dispatched + len(found.rows)
            self._look_at = 0.0 if moved or not self.in_flight else time.monotonic() + LOOK_EVERY_S
            if not moved:
                return 0
        if self._looking is None and time.monotonic() >= self._look_at:
            rooms = self.in_flight.rooms(self.store)
            self._looking = self.executor.submit(self.store.look, rooms)
        return moved

    def _begin(self):
        """Begin requests for what was claimed, as many as each channel has room for."""
        begun = 0
        deadline = time.monotonic() + COMPOSE_S
        for channel_id in list(self.in_flight.ready):
            channel = self.store.channels.get(channel_id)
            if channel and channel.client and self._is_waiting_for_token(channel):
                continue
            if channel_id not in self.in_flight.ready:  # what waited for a token has just failed with it
                continue
            is_on_trial = channel is not None and self.store.is_on_trial(channel)
            for rows, claimed_at in self.in_flight.next_requests(channel_id, channel, is_on_trial):
                self._begin_one(rows, channel, claimed_at)
                begun += 1
                if channel and (channel.filter or channel.mapping) and time.monotonic() > deadline:
                    break
        return begun

    def _begin_one(self, rows, channel, claimed_at):
        """Begin one request. What cannot even be begun has failed like any other attempt."""
        job = Job(rows, channel)
        if channel is None or not self._may_begin(channel, claimed_at):
            self._conclude(job, NOT_TRIED, lambda _row: outcome.PUT_BACK)
            return
        rows, parts = self._parts(job)
        if not rows:
            return
        job = job._replace(rows=rows)
        try:
            token = channel.client and tokens.of(channel.client)
            url, headers, body = request(rows, parts, channel, token)
            job = Job(rows, channel, url, headers_text(headers, channel.secret_headers), token)
            self._sender(channel).start(job, url, headers, body, channel.timeout_s)
            self.in_flight.begun(channel.id)
        except Exception as error:
            _logger.exception("delivery %s could not be begun", rows[0].id)
            reason = f"Could not be sent: {type(error).__name__}: {error}"[:500]
            self._answered(job, Response(0, reason, time.time(), 0, {}, ""))

    def _may_begin(self, channel, claimed_at):
        """Whether the channel is still open, the lease covers a request that begins now, and the token lasts."""
        if channel.client and not tokens.of(channel.client):
            return False
        spent = time.monotonic() - claimed_at
        return self.store.is_open(channel) and spent < channel.timeout_s + claim.LEASE_SPARE_S / 2

    def _parts(self, job):
        """The deliveries that are to be sent, and what each gives to the request; the others end here.

        Each by itself: one event that its mapping cannot take does not take the rest of its batch along.
        """
        channel, rows, parts = job.channel, [], []
        for row in job.rows:
            part, conclusion = None, outcome.UNWANTED
            if channel.expires_after_s and row.age_s > channel.expires_after_s:
                conclusion = outcome.expired(row.age_s)
            else:
                try:
                    part = compose.part(row, channel, self.store.source)
                except CannotBeSent as error:
                    conclusion = outcome.unsendable(str(error))
            if part is None:
                self.results.append((job, row, NOT_TRIED, conclusion))
            else:
                rows.append(row)
                parts.append(part)
        return rows, parts

    def _take_in(self, wait_s):
        """Take in the answers that have come; waits for something to happen at most so long."""
        active = [sender for sender in self.senders if sender.in_flight]
        if not active and wait_s:
            self._wait_for_database()
        finished = [pair for sender in active for pair in sender.finished(wait_s / len(active))]
        for job, response in finished:
            if isinstance(job, Errand):
                self._take_token(job.client, response)
                continue
            self.in_flight.landed(job.channel.id, len(job.rows))
            if job.token and response.status == 401:
                tokens.refused(job.channel.client, job.token)
            self._answered(job, response)
        return len(finished)

    def _is_waiting_for_token(self, channel):
        """Whether its deliveries have to wait for an access token; sends for one."""
        client = channel.client
        if tokens.of(client) or not self.store.is_open(channel):  # a closed one's are put back
            return False
        if client not in self.errands:
            self.errands.add(client)
            try:
                headers, body = tokens.request(client)
                self._sender(channel).start(
                    Errand(client), client.url, headers, body, channel.timeout_s, tokens.LARGEST_ANSWER
                )
            except Exception as error:
                _logger.exception("a token for credential %s could not be asked for", client.id)
                self._take_token(client, Response(0, type(error).__name__, time.time(), 0, {}, ""))
                return False
        return True

    def _take_token(self, client, response):
        """Without a token, what waited for it has failed like any other attempt."""
        self.errands.discard(client)
        try:
            tokens.take(client, response)
        except tokens.NoToken as error:
            asked = {name: value for name, value in response.headers.items() if name == "retry-after"}
            failed = response._replace(status=0, reason=str(error), headers=asked, body="")
            waiting = {id_ for id_, channel in self.store.channels.items() if channel.client == client}
            for rows, channel_id in self.in_flight.put_down(waiting):
                self._answered(Job(rows, self.store.channels[channel_id], client.url), failed)

    def _wait_for_database(self):
        futures = [f for f in (self._looking, self._noting and self._noting[0]) if f]
        if futures:
            wait(futures, return_when=FIRST_COMPLETED)

    def _answered(self, job, response):
        self._conclude(
            job,
            response,
            lambda row: judge(
                response.status, response.reason, response.headers, row.failure_count, job.channel
            ),
        )

    def _conclude(self, job, response, judged):
        self.results += [(job, row, response, judged(row)) for row in job.rows]

    def _note(self):
        """Write down what came back, beside the requests; how many rows were written."""
        noted = 0
        if self._noting is not None and self._noting[0].done():
            (future, results), self._noting = self._noting, None
            try:
                future.result()
            except Exception:
                # Kept until the database is back: what was sent is not to be sent again.
                self.results = results + self.results
                raise
            self.in_flight.settled(row.id for _job, row, _response, _outcome in results)
            noted = len(results)
            self._look_at = 0.0  # who waited for one of these may go now
        if self._noting is None and self.results:
            batch, self.results = self.results[:NOTE_MANY], self.results[NOTE_MANY:]
            self._noting = self.executor.submit(self.store.note, batch), batch
        return noted

    def _sender(self, channel):
        for sender in self.senders:  # few: one for each set of networks, and each certificate
            if sender.networks == channel.networks and sender.identity == channel.identity:
                return sender
        self.senders.append(Sender(channel.networks, channel.identity))
        return self.senders[-1]

    # -- what the loop asks ----------------------------------------------------------------------

    def seconds_to_next(self):
        return self.store.seconds_to_next()

    def rest(self, seconds, sleep):
        """While the database is away partners still answer: unread, their answers would time out."""
        end = time.monotonic() + seconds
        while self.in_flight.requests and time.monotonic() < end:
            self._take_in(SELECT_S)
        left = end - time.monotonic()
        self._has_rested = True
        return left > 0 and sleep(left)

    def drain(self):
        """Finish what is under way; what was claimed and not begun goes back."""
        if self._looking is not None:
            looking, self._looking = self._looking, None
            self.in_flight.take(looking.result().rows, time.monotonic())
        for rows, channel_id in self.in_flight.put_down():
            job = Job(rows, self.store.channels.get(channel_id))
            self._conclude(job, NOT_TRIED, lambda _row: outcome.PUT_BACK)
        while self.in_flight:
            self._take_in(SELECT_S)
            self._note()

    def forget(self):
        """After a failure: what is under way goes on, and what was lost sight of is given back."""
        self._has_lost_track = True
        self._look_at = 0.0

    def close(self):
        for sender in self.senders:
            sender.close()
        self.senders.clear()
        self.executor.shutdown()
        self.store.close()
