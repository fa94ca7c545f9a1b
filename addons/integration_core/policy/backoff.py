"""When to try again: exponential with full jitter.

``delay = random(0, min(LONGEST_S, FIRST_S * 2 ** (attempt - 1)))``: full jitter spreads the returns of
many senders best (Brooker, "Exponential Backoff and Jitter", 2015). With 24 attempts the last one
comes after two and a half days on average: a weekend's outage loses nothing.
"""

import random

FIRST_S = 2.0
LONGEST_S = 12 * 3600.0
MAX_ATTEMPTS = 24


def ceiling_s(attempt):
    """The longest wait after attempt number ``attempt`` (1 is the first), in seconds."""
    return min(LONGEST_S, FIRST_S * 2 ** min(attempt - 1, 40))


def delay_s(attempt, draw=random.random):
    """How long to wait after attempt number ``attempt`` failed, in seconds.

    :param draw: gives a number in [0, 1).
    """
    return ceiling_s(attempt) * draw()
