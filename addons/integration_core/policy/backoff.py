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


def delay_s(attempt, schedule=(), draw=random.random):
    """How long to wait after attempt number ``attempt`` failed, in seconds.

    :param schedule: an admin's own waits, in seconds; the last one goes on. Taken as they are, with a
        tenth of jitter on top, so that not all come back in the same second.
    :param draw: gives a number in [0, 1).
    """
    if schedule:
        return schedule[min(attempt, len(schedule)) - 1] * (1 + 0.1 * draw())
    return ceiling_s(attempt) * draw()


def schedule(text):
    """An admin's schedule, ``30s 5m 2h 1d`` (blanks or commas between), as seconds.

    :raises ValueError: names the part that is no duration.
    """
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    waits = []
    for part in (text or "").replace(",", " ").split():
        number, unit = part[:-1], part[-1].lower()
        if unit not in units or not number.isascii() or not number.isdigit() or len(number) > 6:
            raise ValueError(f"{part!r} is no duration; write 30s, 5m, 2h or 1d.")
        waits.append(int(number) * units[unit])
    return tuple(waits)
