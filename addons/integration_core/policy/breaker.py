"""Circuit breaker: stop asking a partner that does not answer, and find out gently when it is back.

closed     requests go out
open       none do, until ``open_until``
half-open  the time is up: one request at a time finds out

(Nygard, "Release It!", 2nd edition, section 5.2.) Times are seconds on one clock of the caller's choice.
"""

import random
from dataclasses import dataclass, replace

# So many failures in a row open it.
THRESHOLD = 10
FIRST_S = 5.0
LONGEST_S = 300.0


@dataclass(frozen=True)
class Breaker:
    """:ivar failures: in a row. :ivar openings: in a row, without a success in between.

    :ivar open_until: ``None`` while closed.
    :ivar failing_since: when the first of the failures in a row was noted.
    """

    failures: int = 0
    openings: int = 0
    open_until: float | None = None
    failing_since: float | None = None

    def state(self, now):
        """``closed``, ``open`` or ``half-open``."""
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half-open"

    def after(self, successes, failures, now, draw=random.random):
        """The breaker after a round of answers.

        One success closes it. Failures that come in while it is open were under way before: they do not
        make it wait longer.
        """
        if successes:
            return Breaker()
        if not failures:
            return self
        failing = replace(
            self,
            failures=self.failures + failures,
            failing_since=now if self.failing_since is None else self.failing_since,
        )
        if self.state(now) == "open" or failing.failures < THRESHOLD:
            return failing
        return replace(failing, openings=self.openings + 1, open_until=now + pause_s(self.openings + 1, draw))

    def held(self, until, now):
        """The breaker after the partner said "not before": open until then, counting nothing."""
        longest = until if self.open_until is None else max(self.open_until, until)
        return replace(self, open_until=longest) if until > now else self


def pause_s(opening, draw=random.random):
    """How long the breaker stays open the ``opening``-th time in a row: doubling, with a fifth of jitter."""
    return min(LONGEST_S, FIRST_S * 2 ** min(opening - 1, 20)) * (0.8 + 0.4 * draw())
