"""Token bucket: so many per second on average, and so many at once.

(Turner, "New directions in communications", 1986.) Times are seconds on one clock of the caller's choice;
a clock that went back, or that jumped, gives or takes no more than one full bucket.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bucket:
    """:ivar tokens: what may be sent at ``at``; ``at`` is ``None`` for one that was never used: full."""

    tokens: float = 0.0
    at: float | None = None

    def filled(self, rate, burst, now):
        """The bucket as it is at ``now``. :param rate: tokens per second. :param burst: its size."""
        if self.at is None:
            return Bucket(float(burst), now)
        gained = max(0.0, now - self.at) * rate
        return Bucket(min(float(burst), self.tokens + gained), now)

    def taken(self, count):
        """The bucket after ``count`` tokens were taken, not more than it holds."""
        return Bucket(self.tokens - count, self.at)

    def wait_s(self, rate):
        """How long until one token is there, in seconds."""
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / rate
