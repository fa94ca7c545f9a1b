"""What hub says to the person in front of it."""

import sys
import time


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


class step:
    """Prints what is being done, and how long it took when it is worth knowing.

    >>> with step("Fetching Odoo 19"):
    ...     fetch()
    """

    def __init__(self, title):
        self.title = title

    def __enter__(self):
        self.start = time.monotonic()
        say(f"·  {self.title} …")

    def __exit__(self, kind, *_rest):
        seconds = time.monotonic() - self.start
        if kind is None and seconds >= 1:
            say(f"   done in {seconds:.0f} s")
