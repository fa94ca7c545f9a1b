"""Circuit breaker: stop asking a partner that is away, and find out gently when it is back.

closed     requests go out
open       none do, until ``open_until``
half-open  the time is up: one request at a time finds out

(Nygard, "Release It!", 2nd edition, section 5.2.) Failures count by *key*: a partner that refuses two orders,
however often, is not away; one that fails with ten different ones is. Times are seconds on one clock of the
caller's choice.
"""

import random
from dataclasses import dataclass, replace

# Failures of so many keys, without a success in between, open it.
THRESHOLD = 10
# So many failures in a row open it, of whatever keys: a flood of one key is not sent over and over.
MAX_FAILURES = 200
# Keys that are remembered, at most.
MAX_KEYS = 100
FIRST_S = 5.0
LONGEST_S = 300.0


@dataclass(frozen=True)
class Breaker:
    """:ivar failures: in a row; :ivar keys: of what. :ivar openings: in a row, without a success in between.

    :ivar open_until: ``None`` while closed.
    :ivar failing_since: when the first of the failures in a row was noted.
    """

    failures: int = 0
    openings: int = 0
    open_until: float | None = None
    failing_since: float | None = None
    keys: frozenset = frozenset()

    def state(self, now):
        """``closed``, ``open`` or ``half-open``."""
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half-open"

    def after(self, successes, failed_keys, now, draw=random.random):
        """The breaker after a round of answers.

        One success closes it. Failures that come in while it is open were under way before: they do not
        make it wait longer.

        :param failed_keys: the key of each failure.
        """
        if successes:
            return Breaker()
        if not failed_keys:
            return self
        keys = self.keys | frozenset(failed_keys)
        failing = replace(
            self,
            failures=self.failures + len(failed_keys),
            failing_since=now if self.failing_since is None else self.failing_since,
            keys=keys
            if len(keys) <= MAX_KEYS
            else self.keys | frozenset(sorted(keys - self.keys)[: MAX_KEYS - len(self.keys)]),
        )
        if self.state(now) == "open" or not failing._is_away():
            return failing
        return replace(failing, openings=self.openings + 1, open_until=now + pause_s(self.openings + 1, draw))

    def _is_away(self):
        return len(self.keys) >= THRESHOLD or self.failures >= MAX_FAILURES

    def held(self, until, now):
        """The breaker after the partner said "not before": open until then, counting nothing."""
        longest = until if self.open_until is None else max(self.open_until, until)
        return replace(self, open_until=longest) if until > now else self


def pause_s(opening, draw=random.random):
    """How long the breaker stays open the ``opening``-th time in a row: doubling, with a fifth of jitter."""
    return min(LONGEST_S, FIRST_S * 2 ** min(opening - 1, 20)) * (0.8 + 0.4 * draw())
