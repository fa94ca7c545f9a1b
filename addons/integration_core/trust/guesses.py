"""Guesses at a secret are slowed down: after some that failed, no more are looked at for a while.

Counted by what was guessed at, an address that was posted to or the name of a client, known or not; and by
where from: to a stranger both look alike, and one sender's mistakes cost another nothing. Each process counts
for itself.
"""

import time
from collections import OrderedDict

from ..policy.bucket import Bucket

# So many may fail at once, and then so many per second.
BURST = 20
RATE_PER_S = 0.2
# So many pairs are remembered; the ones that failed longest ago are forgotten.
MOST = 10_000
# So much of what was guessed at is told apart: what a stranger makes up may be as long as a request.
LONGEST = 64

_failures = OrderedDict()  # {(database, what, sender): Bucket}


class TooMany(Exception):
    """:ivar wait_s: seconds until the next guess is looked at."""

    def __init__(self, wait_s):
        super().__init__(f"too many guesses: come again in {wait_s:.0f} s")
        self.wait_s = wait_s


def check(dbname, what, sender):
    """:raises TooMany: too many of this sender's guesses at this failed lately."""
    bucket = _failures.get((dbname, what[:LONGEST], sender))
    if bucket is None:
        return
    bucket = bucket.filled(RATE_PER_S, BURST, time.monotonic())
    if bucket.tokens < 1:
        raise TooMany(bucket.wait_s(RATE_PER_S))


def note_failure(dbname, what, sender):
    key = dbname, what[:LONGEST], sender
    bucket = _failures.pop(key, Bucket()).filled(RATE_PER_S, BURST, time.monotonic())
    _failures[key] = bucket.taken(1)
    if len(_failures) > MOST:
        _failures.popitem(last=False)


def forget():
    """For tests: nobody has failed yet."""
    _failures.clear()
