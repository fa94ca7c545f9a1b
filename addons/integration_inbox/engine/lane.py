"""The inbox's lane: claim messages, apply them."""

import time

from odoo.addons.integration_core.engine.cursor import Sessions
from odoo.addons.integration_core.engine.lane import Lane, Periodic
from odoo.addons.integration_core.engine.queue import worker_id

from . import messages, settle
from .apply import Applier
from .messages import LEASE_S, QUEUE

RECLAIM_EVERY_S = 5.0
# What was left out at a resume is stored away in steps, with this pause between them.
DISCARD_EVERY_S = 0.5
# So many messages are taken on at once, at most; and so many that they take about so long, in seconds.
MOST_AT_ONCE = 50
AT_ONCE_S = 0.7


class InboxLane(Lane):
    name = "inbox"
    cron = "integration_inbox.cron_lane_inbox"
    lingers = True  # accepting counts on it (accept/wake.py)

    def __init__(self, registry, is_threaded=False):
        super().__init__(registry, is_threaded)
        self.worker = worker_id()
        self.sessions = Sessions(registry)
        self.applier = Applier(registry, self.sessions, self.worker)
        self._chores = (
            Periodic(RECLAIM_EVERY_S, self._reclaim),
            Periodic(DISCARD_EVERY_S, self._discard),
        )
        self._each_s = AT_ONCE_S / MOST_AT_ONCE

    def run_once(self):
        for chore in self._chores:
            chore.run_if_due()
        with self.sessions.transaction() as cr:
            claimed = messages.claim(cr, self.worker, self._how_many())
        if not claimed:
            return False
        began, waited_s = time.monotonic(), self.applier.waited_s
        # What was tried before is tried alone: nothing that it does to this process hits others again.
        fresh = [id_ for id_, tries in claimed if tries == 1]
        alone = [id_ for id_, tries in claimed if tries > 1]
        until = began + LEASE_S / 2
        left = self.applier.apply(fresh, until) if fresh else []
        for message_id in alone:
            left += self.applier.apply([message_id], until)
        if left:
            with self.sessions.transaction() as cr:
                QUEUE.put_back(cr, self.worker, left)
        waited_s = self.applier.waited_s - waited_s  # for other lanes: says nothing of how long one takes
        spent = (time.monotonic() - began - waited_s) / len(claimed)
        self._each_s = max(0.0001, (self._each_s + spent) / 2)
        return True

    def _how_many(self):
        return max(1, min(MOST_AT_ONCE, int(AT_ONCE_S / self._each_s)))

    def _reclaim(self):
        with self.sessions.transaction() as cr:
            for message_id, state, _attempts, reason, _worker in QUEUE.reclaim(cr):
                settle.note(cr, message_id, state, reason)

    def _discard(self):
        with self.sessions.transaction() as cr:
            for message_id, state, reason in messages.discard(cr):
                settle.note(cr, message_id, state, reason)

    def seconds_to_next(self):
        with self.sessions.transaction() as cr:
            return messages.seconds_to_next(cr)

    def forget(self):
        self.sessions.close()

    def close(self):
        self.applier.close()
        self.sessions.close()
