"""What one evaluation of an expression may use: time, depth, and the size of what it takes and makes.

The clock is looked at where work is done, in Python: at each node of the expression, each call of a function,
and in each loop over what is nested. What runs in one go between two looks is bounded by ``LONGEST_LIST``,
``LONGEST_TEXT`` and ``MOST_VALUES``, and takes some ten milliseconds at most.
"""

import threading
from time import monotonic

from .jsonata_library import jexception

TIMEOUT_MS = 100
# Nested calls.
DEPTH = 100
# Members of a list, characters of a text, and values in a structure that one step takes or makes.
LONGEST_LIST = 100_000
LONGEST_TEXT = 1_000_000
MOST_VALUES = 200_000
# Of everything that one evaluation makes, also what it throws away again.
MOST_BYTES = 50_000_000


class TooMuch(jexception.JException):
    """The expression was stopped. The text says at what bound."""

    def __init__(self, said):
        RuntimeError.__init__(self, said)
        self.error, self.location = "stopped", -1
        self.current = self.expected = self.extra = None


class Limits:
    """What is left for one evaluation."""

    __slots__ = ("bytes", "depth", "ends_at")

    def __init__(self):
        self.ends_at = monotonic() + TIMEOUT_MS / 1000
        self.depth = 0
        self.bytes = 0

    def tick(self):
        """:raises TooMuch: the time is over."""
        if monotonic() > self.ends_at:
            raise TooMuch(f"it ran longer than {TIMEOUT_MS} milliseconds and was stopped.")

    def enter(self):
        """:raises TooMuch: the time is over, or it is called too deep."""
        self.depth += 1
        if self.depth > DEPTH:
            raise TooMuch(f"it calls itself more than {DEPTH} times and was stopped.")
        if monotonic() > self.ends_at:
            self.tick()

    # -- what is made ------------------------------------------------------------------------------

    def made(self, value):
        """Count a value that was made, its members by reference.

        :raises TooMuch: it is too long, or too much was made by now.
        """
        if isinstance(value, str):
            check_text(len(value))
            self.made_bytes(len(value))
        elif isinstance(value, list):
            check_list(len(value))
            self.made_bytes(8 * len(value))
        elif isinstance(value, dict):
            self.made_bytes(100 * len(value))
        return value

    def made_bytes(self, size):
        self.bytes += size
        if self.bytes > MOST_BYTES:
            raise TooMuch(f"it makes more than {MOST_BYTES // 1_000_000} MB of values")

    # -- what is taken -----------------------------------------------------------------------------

    def weigh(self, value, longest=LONGEST_TEXT):
        """:raises TooMuch: with everything that is nested in it, a value is more than one step may take.

        What stands in it twice counts twice, as it does for what goes through it.
        """
        if not isinstance(value, (list, dict)):
            if isinstance(value, str):
                check_text(len(value), longest)
            return
        count = length = 0
        open_ = [value]
        while open_:
            one = open_.pop()
            count += len(one)
            if count > MOST_VALUES:
                raise TooMuch(f"a value may hold {MOST_VALUES:,} values at most")
            self.tick()
            if isinstance(one, dict):
                length += sum(map(len, one))
                members = one.values()
            else:
                members = one
            for member in members:
                if isinstance(member, str):
                    length += len(member)
                elif isinstance(member, (list, dict)):
                    open_.append(member)
            check_text(length, longest)

    def weigh_flat(self, value, longest=LONGEST_TEXT):
        """As :meth:`weigh`, of a text, or of a list and the texts in it."""
        if isinstance(value, str):
            check_text(len(value), longest)
        elif isinstance(value, list):
            check_list(len(value))
            check_text(sum(len(member) for member in value if isinstance(member, str)), longest)


def check_list(length):
    if length > LONGEST_LIST:
        raise TooMuch(f"a list may have {LONGEST_LIST:,} members at most")


def check_text(length, longest=LONGEST_TEXT):
    if length > longest:
        raise TooMuch(f"a text may have {longest:,} characters at most")


_local = threading.local()


def current():
    """The limits of the evaluation that runs in this thread."""
    return _local.limits


def begin():
    """Limits for a new evaluation in this thread."""
    _local.limits = limits = Limits()
    return limits
