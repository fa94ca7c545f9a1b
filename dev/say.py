"""Output of hub to the terminal."""

import sys
import time
from contextlib import contextmanager


class Problem(Exception):
    """Something that a person has to know: what failed, and what to do.

    :param what: one sentence, in the words of the person who ran the command.
    :param do: what helps, a sentence or a command.
    """

    def __init__(self, what, do):
        super().__init__(f"{what} {do}")
        self.what = what
        self.do = do


def complain(problem):
    print(f"\nhub: {problem.what}\n     {problem.do}", file=sys.stderr, flush=True)
    return 1


def say(line=""):
    print(line, flush=True)


@contextmanager
def step(title):
    """Prints what is being done, and how long it took when it is worth knowing.

    >>> with step("Fetching Odoo 19"):
    ...     fetch()
    """
    start = time.monotonic()
    say(f"·  {title} …")
    yield
    seconds = time.monotonic() - start
    if seconds >= 1:
        say(f"   done in {seconds:.0f} s")
