"""When a partner may be called: ``Mon-Fri 06:00-22:00, Sat 06:00-14:00``, less a planned downtime."""

import re
from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WINDOW = re.compile(
    r"^(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?\s+)?"
    r"(?P<begin>\d{1,2}:\d{2})-(?P<end>\d{1,2}:\d{2})$"
)


class Hours:
    """:param text: windows between commas; days are left out for every day. One that ends before it
        begins goes on to the next morning. Empty: always.
    :param zone: the name of the time zone that the text speaks of.
    :param hold_from: seconds since 1970; from then to ``hold_until`` it may not be called. ``None`` for
        an open end.
    :raises ValueError: names the part that cannot be read.
    """

    def __init__(self, text, zone, hold_from=None, hold_until=None):
        try:
            self.zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{zone!r} is no time zone.") from error
        self.windows = [_window(part) for part in text.lower().split(",") if part.strip()]
        self.hold_from, self.hold_until = hold_from, hold_until

    def is_open(self, now):
        """:param now: seconds since 1970."""
        if self.hold_from is not None or self.hold_until is not None:
            began = self.hold_from is None or now >= self.hold_from
            if began and (self.hold_until is None or now < self.hold_until):
                return False
        if not self.windows:
            return True
        local = datetime.fromtimestamp(now, timezone.utc).astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(_covers(window, local.weekday(), minute) for window in self.windows)


def _covers(window, day, minute):
    days, begin, end = window
    if begin < end:
        return day in days and begin <= minute < end
    return day in days and minute >= begin or (day - 1) % 7 in days and minute < end


def _window(part):
    found = WINDOW.match(part.strip())
    if not found:
        raise ValueError(f"{part.strip()!r} cannot be read; write Mon-Fri 06:00-22:00.")
    first, last = found["first"], found["last"]
    for name in (first, last):
        if name and name not in DAYS:
            raise ValueError(f"{name!r} is no day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun.")
    if first is None:
        days = frozenset(range(7))
    else:
        begin_day = DAYS.index(first)
        span = (DAYS.index(last or first) - begin_day) % 7
        days = frozenset((begin_day + n) % 7 for n in range(span + 1))
    return days, _minutes(found["begin"]), _minutes(found["end"])


def _minutes(text):
    hours, minutes = map(int, text.split(":"))
    if hours > 24 or minutes > 59 or hours == 24 and minutes:
        raise ValueError(f"{text!r} is no time of day.")
    return hours * 60 + minutes
