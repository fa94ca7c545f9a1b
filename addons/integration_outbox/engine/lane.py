"""The outbox's lane: fan out, claim, send, settle, over and over."""

import logging
import os
import socket
import threading
import time
from collections import Counter, namedtuple

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.engine.cursor import engine_cursor
from odoo.addons.integration_core.engine.lane import Lane
from odoo.addons.integration_core.wire import cloudevents, standard_webhooks

from .claim import claim, reclaim, release, seconds_to_next
from .fanout import fan_out
from .send import Outcome, Sender
from .settle import settle
from .verdict import judge

_logger = logging.getLogger(__name__)

# Requests under way at once, of one lane and of one subscription in it.
IN_FLIGHT = 256
IN_FLIGHT_EACH = 64
# Subscriptions and keys are read again this often, dead workers looked for, in seconds.
CHANNELS_EVERY_S = 1.0
RECLAIM_EVERY_S = 5.0
# While requests are under way the tables are asked again this often at most, in seconds.
LOOK_EVERY_S = 0.02
SELECT_S = 0.01

Job = namedtuple("Job", "claimed channel url headers")


class OutboxLane(Lane):
    name = "outbox"
    cron = "integration_outbox.cron_lane_outbox"

    def __init__(self, registry):
        super().__init__(registry)
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 100000}"
        self.channels = {}
        self.source = ""
        self.senders = {}
        self.busy = Counter()
        self.unsent = []
        self._has_lost_track = False
        self._channels_at = self._reclaim_at = self._look_at = 0.0

    def turn(self):
        moved = False
        if time.monotonic() >= self._look_at or not self.busy:
            moved = self._look()
            self._look_at = time.monotonic() + (0 if moved else LOOK_EVERY_S)
        self._settle(self._finished(0 if moved else SELECT_S))
        return moved or bool(self.busy)

    def _look(self):
        """Dispatch new events and begin what is due; whether there was anything."""
        self._refresh_channels()
        with engine_cursor(self.registry) as cr:
            dispatched = fan_out(cr)
        rooms = self._rooms()
        if not rooms:
            return bool(dispatched)
        with engine_cursor(self.registry) as cr:
            claimed = claim(cr, rooms, self.worker)
        for row in claimed:
            self._start(row, self.channels[row.subscription_id])
        return bool(dispatched or claimed)

    def _refresh_channels(self):
        if self._has_lost_track:
            with engine_cursor(self.registry) as cr:
                release(cr, self.worker)
            self._has_lost_track = False
        now = time.monotonic()
        if now >= self._channels_at:
            with engine_cursor(self.registry) as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                self.channels = env["integration.subscription"]._channels()
                self.source = f"/odoo/{env['ir.config_parameter'].get_param('database.uuid')}"
            self._channels_at = now + CHANNELS_EVERY_S
        if now >= self._reclaim_at:
            with engine_cursor(self.registry) as cr:
                reclaim(cr)
            self._reclaim_at = now + RECLAIM_EVERY_S

    def _rooms(self):
        """Who may send how many now: nobody more than its own cap, all together not more than fit."""
        left = IN_FLIGHT - self.busy.total()
        rooms = [
            (channel, IN_FLIGHT_EACH - self.busy[channel.id])
            for channel in self.channels.values()
            if channel.is_open and self.busy[channel.id] < IN_FLIGHT_EACH
        ]
        if left <= 0 or not rooms:
            return []
        share = max(1, left // len(rooms))
        return [(channel, min(free, share)) for channel, free in rooms]

    def _start(self, row, channel):
        """Begin one delivery. What cannot even be begun has failed like any other attempt."""
        job = Job(row, channel, channel.url, {})
        self.busy[channel.id] += 1
        try:
            body = self._envelope(row)
            job.headers.update(
                {"content-type": cloudevents.CONTENT_TYPE},
                **standard_webhooks.sign(channel.keys, row.event_id, int(time.time()), body),
            )
            self._sender(channel).start(job, channel.url, job.headers, body, channel.timeout_s)
        except Exception as error:
            _logger.exception("delivery %s could not be begun", row.id)
            reason = f"Could not be sent: {type(error).__name__}: {error}"[:500]
            self.unsent.append((job, Outcome(0, reason, time.time(), 0, {}, "")))

    def _envelope(self, row):
        return cloudevents.structured(
            {
                "id": row.event_id,
                "source": f"{self.source}/{row.company_id}",
                "type": row.type,
                "time": cloudevents.moment(row.occurred_at),
                "subject": row.subject,
                "dataschema": cloudevents.DATASCHEMA.format(name=row.type, version=row.version),
                "partitionkey": row.partition_key,
                "correlationid": row.correlation_id,
                "causationid": row.causation_id,
                "traceparent": row.traceparent,
            },
            row.data,
        )

    def _sender(self, channel):
        sender = self.senders.get(channel.networks)
        if sender is None:
            sender = self.senders[channel.networks] = Sender(channel.networks)
        return sender

    def _finished(self, wait_s):
        active = [sender for sender in self.senders.values() if sender.in_flight]
        unsent, self.unsent = self.unsent, []
        return unsent + [pair for sender in active for pair in sender.finished(wait_s / len(active))]

    def _settle(self, finished):
        if not finished:
            return
        results = [
            (
                job,
                outcome,
                judge(
                    outcome.status,
                    outcome.reason,
                    outcome.headers,
                    job.claimed.failure_count,
                    job.channel.max_attempts,
                ),
            )
            for job, outcome in finished
        ]
        self.busy.subtract(job.channel.id for job, _outcome in finished)
        self.busy = +self.busy
        with engine_cursor(self.registry) as cr:
            settle(cr, self.worker, results)

    def seconds_to_next(self):
        open_channels = [channel for channel in self.channels.values() if channel.is_open]
        with engine_cursor(self.registry) as cr:
            return seconds_to_next(cr, open_channels)

    def drain(self):
        while self.busy:
            self._settle(self._finished(SELECT_S))
        self._close_senders()

    def forget(self):
        self._close_senders()
        self.busy.clear()
        self.unsent.clear()
        self._channels_at = 0.0
        self._has_lost_track = True

    def _close_senders(self):
        for sender in self.senders.values():
            sender.close()
        self.senders.clear()
