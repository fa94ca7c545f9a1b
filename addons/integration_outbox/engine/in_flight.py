"""What one lane has in hand: claimed and not begun, or under way; and who may have how much of it."""

from collections import Counter, deque

# Requests under way at once, of one subscription that sets no cap of its own, and of one lane.
EACH = 64
ALL = 2048
# Who answers fast gets more claimed than is under way, so that it never waits for the database.
AHEAD = 768
# Claimed, under way and answered, together: the database sets the pace when it is the slower one.
IN_HAND = 4096


class InFlight:
    """:ivar ready: ``{channel id: deque of (Claimed, when it was claimed)}``.

    :ivar under_way: requests by channel; ``requests`` of all. :ivar ids: all deliveries in hand, until they are settled.
    """

    def __init__(self):
        self.ready = {}
        self.under_way = Counter()
        self.requests = 0
        self.ids = set()
        self._answered = Counter()  # deliveries answered since the rooms were last asked for

    def __bool__(self):
        return bool(self.ids)

    def take(self, rows, now):
        for row in rows:
            self.ready.setdefault(row.subscription_id, deque()).append((row, now))
            self.ids.add(row.id)

    def next_requests(self, channel_id, channel, is_on_trial):
        """``(deliveries, when they were claimed)`` of each request that may begin now, taken out of ``ready``.

        :param channel: ``None`` when the subscription is gone: then all come out, to be put back.
        """
        ready = self.ready[channel_id]
        size = channel.batch_size if channel else 1
        try:
            while ready and (channel is None or self.free(channel, is_on_trial) > 0):
                rows, claimed_at = [], ready[0][1]
                while ready and len(rows) < size:
                    rows.append(ready.popleft()[0])
                yield rows, claimed_at
        finally:
            if not ready:
                self.ready.pop(channel_id, None)

    def begun(self, channel_id):
        self.under_way[channel_id] += 1
        self.requests += 1

    def finished(self, channel_id, deliveries):
        """A request ended; its deliveries are in hand until they are settled."""
        self.under_way[channel_id] -= 1
        self.requests -= 1
        self._answered[channel_id] += deliveries

    def settled(self, ids):
        self.ids.difference_update(ids)

    def withdraw(self, channel_ids=None):
        """Take out what was not begun, of these channels or of all: ``[(deliveries, channel id), …]``."""
        ids = [id_ for id_ in self.ready if channel_ids is None or id_ in channel_ids]
        return [([row for row, _at in self.ready.pop(id_)], id_) for id_ in ids]

    def free(self, channel, is_on_trial):
        """How many more requests of this channel may begin."""
        cap = 1 if is_on_trial else channel.max_in_flight or EACH
        return min(cap - self.under_way[channel.id], ALL - self.requests)

    def rooms(self, channels):
        """Who may claim how many now: what it can begin, and a little ahead for those who are fast."""
        rooms = []
        left = IN_HAND - len(self.ids)
        if left <= 0:
            return rooms
        for channel in channels.open():
            is_on_trial = channels.is_on_trial(channel)
            waiting = len(self.ready.get(channel.id, ()))
            ahead = 0 if channel.is_limited or is_on_trial else min(AHEAD, 2 * self._answered[channel.id])
            room = max(0, self.free(channel, is_on_trial)) * channel.batch_size + ahead - waiting
            if room > 0:
                rooms.append((channel, min(room, left)))
        self._answered.clear()
        return rooms
