"""Guesses at an address are slowed down: after some that failed, no more are looked at for a while.

Counted by the address that was posted to, known or not, and by where from: to a stranger both look alike, and
one sender's mistakes cost another nothing. Each process counts for itself.
"""

import math
import time
from collections import OrderedDict

from odoo.addons.integration_core.policy.bucket import Bucket

from ..refusal import Refused

# So many may fail at once, and then so many per second.
BURST = 20
RATE_PER_S = 0.2
# So many pairs of an address and a sender are remembered; the ones that failed longest ago are forgotten.
MOST = 10_000

# So much of a token is told apart: what a stranger makes up may be as long as a request.
LONGEST = 64

_failures = OrderedDict()  # {(database, token, sender): Bucket}


def check(dbname, token, sender):
    """:raises Refused: too many of this sender's requests to this address could not be verified lately."""
    bucket = _failures.get((dbname, token[:LONGEST], sender))
    if bucket is None:
        return
    bucket = bucket.filled(RATE_PER_S, BURST, time.monotonic())
    if bucket.tokens < 1:
        raise Refused(
            429,
            "too-many-failures",
            "Too many failures",
            "Too many requests could not be verified; this one was not looked at. Come again later.",
            [("Retry-After", str(math.ceil(bucket.wait_s(RATE_PER_S))))],
        )


def note_failure(dbname, token, sender):
    key = dbname, token[:LONGEST], sender
    bucket = _failures.pop(key, Bucket()).filled(RATE_PER_S, BURST, time.monotonic())
    _failures[key] = bucket.taken(1)
    if len(_failures) > MOST:
        _failures.popitem(last=False)


def forget():
    """For tests: nobody has failed yet."""
    _failures.clear()
