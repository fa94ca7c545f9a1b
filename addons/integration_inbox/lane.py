"""The inbox's lane: claim the next message, apply it."""

import os
import socket
import threading
import time

from odoo.addons.integration_core.engine.cursor import engine_cursor
from odoo.addons.integration_core.engine.lane import Lane

from .apply import apply

# How long a worker may hold a message before another one takes it, in seconds.
LEASE_S = 600
RECLAIM_EVERY_S = 5.0

# index: integration_message_due_idx
CLAIM = """
    UPDATE integration_message
       SET state = 'processing', attempt_count = attempt_count + 1, leased_by = %(worker)s,
           lease_until = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %(lease_s)s)
     WHERE id = (
           SELECT id
             FROM integration_message
            WHERE state IN ('received', 'waiting', 'retrying')
              AND next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC'
            ORDER BY next_attempt_at, id
            LIMIT 1
              FOR UPDATE SKIP LOCKED
           )
 RETURNING id
"""
# index: integration_message_lease_idx
RECLAIM = """
    UPDATE integration_message
       SET state = 'retrying', next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC',
           reason = 'The worker stopped while applying it; nothing was changed', lease_until = NULL
     WHERE state = 'processing' AND lease_until < clock_timestamp() AT TIME ZONE 'UTC'
"""
# index: integration_message_due_idx
NEXT_DUE = """
    SELECT EXTRACT(epoch FROM min(next_attempt_at) - clock_timestamp() AT TIME ZONE 'UTC')
      FROM integration_message
     WHERE state IN ('received', 'waiting', 'retrying')
"""


class InboxLane(Lane):
    name = "inbox"
    cron = "integration_inbox.cron_lane_inbox"

    def __init__(self, registry, is_threaded=False):
        super().__init__(registry, is_threaded)
        self.worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 100000}"
        self._reclaim_at = 0.0

    def turn(self):
        if time.monotonic() >= self._reclaim_at:
            with engine_cursor(self.registry) as cr:
                cr.execute(RECLAIM)
            self._reclaim_at = time.monotonic() + RECLAIM_EVERY_S
        with engine_cursor(self.registry) as cr:
            cr.execute(CLAIM, {"worker": self.worker, "lease_s": LEASE_S})
            claimed = cr.fetchone()
        if claimed:
            apply(self.registry, claimed[0], self.worker)
        return bool(claimed)

    def seconds_to_next(self):
        with engine_cursor(self.registry) as cr:
            cr.execute(NEXT_DUE)
            seconds = cr.fetchone()[0]
        return None if seconds is None else float(seconds)
