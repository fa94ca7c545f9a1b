"""Sharing of lanes between messages of an endpoint that lock the same rows.

Under REPEATABLE READ the transaction that comes second to a row waits for the first, fails, and is done again.
The more messages a transaction has, the more rows it holds, and the longer. So a group that met another is
halved, and grows again while nothing happens. Where small groups still meet, as when all of them add to one
row, the endpoint is applied by one lane at a time for a while, in full groups: side by side they would only
undo each other.

Nothing of this says what is right, only what is fast: each process learns by itself, and forgets when it ends.
"""

import threading
import time

_KEY = "_integration_inbox_contention"
# So many messages share a transaction, at most.
FULL = 50
# Where groups of this size still meet, lanes take turns.
SMALLEST = 5
# A group that passes makes the next ones so much larger.
GROWTH = 2
# A group that met weighs so much against one that passed; lanes take turns from this heat on.
COOLING, HOT = 0.35, 2.0
# Lanes take turns for so long, in seconds, and twice as long where it begins again soon after. It ends at a
# multiple of that, by the clock: all lanes try side by side at the same moment, for one that still takes turns
# lets no other try.
PERIOD_S = 5.0
LONGEST_PERIOD_S = 80.0


class _Endpoint:
    def __init__(self):
        self.size, self.heat = FULL, 0.0
        self.until, self.period_s = 0.0, 0.0
        self.blocked = 0


class Contention:
    """What a process knows of the endpoints whose messages met others; the others are calm.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock=time.time):
        self.clock = clock
        self._endpoints = {}
        self._lock = threading.Lock()

    def is_calm(self, endpoint_id=None):
        """Whether nothing is known to meet: of this endpoint, or of any."""
        return endpoint_id not in self._endpoints if endpoint_id else not self._endpoints

    def is_exclusive(self, endpoint_id):
        """Whether one lane at a time applies the endpoint's messages."""
        known = self._endpoints.get(endpoint_id)
        return bool(known) and self.clock() < known.until

    def size(self, endpoint_id):
        """How many messages of the endpoint may share a transaction."""
        known = self._endpoints.get(endpoint_id)
        return FULL if not known or self.clock() < known.until else known.size

    def met(self, endpoint_id, count):
        """A group met another transaction, after ``count`` of its messages.

        :return: whether lanes take turns from now on.
        """
        with self._lock:
            known = self._endpoints.setdefault(endpoint_id, _Endpoint())
            now = self.clock()
            if now < known.until:
                return False
            known.size = max(SMALLEST, min(known.size, count) // 2)
            if count <= SMALLEST:
                known.heat += 1
            if known.heat < HOT:
                return False
            is_again = now - known.until < known.period_s
            self._take_turns(known, min(2 * known.period_s, LONGEST_PERIOD_S) if is_again else PERIOD_S)
            return True

    def join(self, endpoint_id):
        """Other lanes take turns with this endpoint: so does this one."""
        with self._lock:
            known = self._endpoints.setdefault(endpoint_id, _Endpoint())
            if self.clock() >= known.until:
                self._take_turns(known, PERIOD_S)

    def _take_turns(self, known, period_s):
        now = self.clock()
        known.period_s = period_s
        known.until = (now // period_s + 1) * period_s
        known.size, known.heat = 2 * SMALLEST, HOT - 1

    def passed(self, endpoint_id):
        """A group met nobody."""
        known = self._endpoints.get(endpoint_id)
        if not known:
            return
        with self._lock:
            known.blocked = 0
            if self.clock() < known.until:
                return
            known.heat = max(0.0, known.heat - COOLING)
            known.size += GROWTH
            if known.size >= FULL:
                self._endpoints.pop(endpoint_id, None)

    def blocked(self, endpoint_id):
        """A message waited in vain for a row that somebody holds for longer. :return: how often in a row."""
        with self._lock:
            known = self._endpoints.setdefault(endpoint_id, _Endpoint())
            known.blocked += 1
            return known.blocked

    def is_blocked(self, endpoint_id):
        known = self._endpoints.get(endpoint_id)
        return bool(known and known.blocked)


def of(registry):
    """The :class:`Contention` that all lanes of this process share in a database; kept with its registry."""
    return vars(registry).setdefault(_KEY, Contention())
