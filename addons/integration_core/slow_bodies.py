"""A bound on how long a sender may take for the body of one request, on routes for programs.

Odoo's servers wait for each byte anew, so a sender of one byte per second would hold a worker for as long as
it likes. Here a thread per process ends the reading side of a connection whose time is over; whatever reads
from it, in whatever way, is at the end of what came.
"""

import socket
import threading
import time
from collections import deque
from contextlib import contextmanager

from werkzeug.exceptions import HTTPException, RequestTimeout

# From the first look at the body to its last byte, in seconds.
LIMIT_S = 10

_lock = threading.Condition()
_guarded = deque()  # (when its time is over, the guard), the first to be over first
_watcher = None


class _Guard:
    """One body that is being read."""

    def __init__(self, connection):
        self.connection = connection
        self.is_over = False

    def end(self):
        """Let go of the connection, which is somebody else's from now on."""
        with _lock:
            self.connection = None

    def expire(self):
        if self.connection is None:
            return
        self.is_over = True
        try:
            self.connection.shutdown(socket.SHUT_RD)
        except OSError:
            return  # it is closed already


@contextmanager
def bounded(environ):
    """Read the body of a request within this.

    :param environ: of the WSGI server.
    :raises RequestTimeout: it did not come in time.
    """
    connection = environ.get("socket") or environ.get("werkzeug.socket")
    if connection is None or not (environ.get("CONTENT_LENGTH") or environ.get("HTTP_TRANSFER_ENCODING")):
        yield
        return
    guard = _Guard(connection)
    with _lock:
        _guarded.append((time.monotonic() + LIMIT_S, guard))
        _watch()
    try:
        yield
    except (OSError, HTTPException) as error:
        if guard.is_over:
            raise _too_slow() from error
        raise
    finally:
        guard.end()
    if guard.is_over:
        raise _too_slow()


def _too_slow():
    return RequestTimeout(f"The body has to arrive within {LIMIT_S} seconds.")


def _watch():
    """Have the thread that looks after them; anew in each process, for no thread survives a fork."""
    global _watcher  # noqa: PLW0603, one per process
    if _watcher is None or not _watcher.is_alive():
        _watcher = threading.Thread(target=_expire, name="integration.slow_bodies", daemon=True)
        _watcher.start()
    elif len(_guarded) == 1:
        _lock.notify()  # it waits for ever; else for one that is over earlier


def _expire():
    with _lock:
        while True:
            now = time.monotonic()
            while _guarded and (_guarded[0][0] <= now or _guarded[0][1].connection is None):
                _guarded.popleft()[1].expire()
            _lock.wait(_guarded[0][0] - now if _guarded else None)
