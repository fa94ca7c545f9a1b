"""libfaketime for a PostgreSQL server: its clock runs an hour ahead, its timers run as ever.

libfaketime also takes the place of ``epoll_wait`` and its kin, and while one of them waits it gives the real
time. PostgreSQL reads the clock in its SIGALRM handler, and it nearly always waits in ``epoll_wait`` when
that comes: an alarm that was set by the faked clock then seems to be an hour early and is put off. So no
statement timed out, and no deadlock was ever looked for. The copy that is used here lacks these functions:
libc's own are called.
"""

import os

from dev import postgres
from dev.debian import bring
from dev.paths import folder
from dev.say import Problem, say

AHEAD = "+1h"
LEFT_ALONE = (b"epoll_wait", b"epoll_pwait", b"poll", b"ppoll", b"select", b"pselect")


def ahead():
    """The environment of a server whose clock runs ahead; empty where libfaketime cannot be had."""
    try:
        prefix = bring("libfaketime", "libfaketime", postgres.place())
    except Problem as problem:
        say(f"·  PostgreSQL's clock stays as it is: {problem.what}")
        return {}
    library = _without_waits(next(prefix.rglob("libfaketime.so.1")))
    return {"LD_PRELOAD": str(library), "FAKETIME": AHEAD, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def _without_waits(library):
    """A copy whose table of names (the first part of the file that has them) lacks those functions."""
    code = library.read_bytes()
    for name in LEFT_ALONE:
        code = code.replace(b"\0" + name + b"\0", b"\0" + name[:-1] + b"_\0", 1)
    copy = folder(library.parent / "timers") / library.name
    if not copy.exists() or copy.read_bytes() != code:
        half = copy.with_suffix(f".{os.getpid()}")
        half.write_bytes(code)
        half.replace(copy)  # a server may have the other one open
    return copy
