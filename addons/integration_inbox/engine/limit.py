"""Time limit of applying one message.

A thread watches over the one that applies: past the limit it cancels the statement that PostgreSQL is
busy with, and raises :class:`TimeLimit` in Python code that computes. Neither reaches code that waits
inside C for something else: that ends when the wait does, and is then undone like the rest.
"""

import ctypes
import threading
import time
from contextlib import suppress

import psycopg2

# How late the watch may notice, in seconds.
PRECISION_S = 0.25


class TimeLimit(BaseException):
    """Not an ``Exception``: a handler that catches everything does not catch it."""


class Watch:
    """One for each applying thread; ``with watch.over(cr, seconds): …``."""

    def __init__(self):
        self._lock = threading.Lock()
        self._target = None  # (deadline, thread id, connection)
        self._fired = False
        self._closing = threading.Event()
        self._thread = None

    def over(self, cr, seconds):
        return _Watched(self, cr, seconds)

    def close(self):
        self._closing.set()
        if self._thread:
            self._thread.join()

    def _begin(self, connection, seconds):
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="inbox-watch", daemon=True)
            self._thread.start()
        with self._lock:
            self._fired = False
            self._target = time.monotonic() + seconds, threading.get_ident(), connection

    def _end(self):
        """:return: whether the limit was passed."""
        with self._lock:
            self._target = None
            fired, self._fired = self._fired, False
        if fired:
            with suppress(TimeLimit):
                time.sleep(0)  # what was raised in this thread and has not arrived yet arrives here
        return fired

    def _run(self):
        while not self._closing.wait(PRECISION_S):
            with self._lock:
                if self._target and not self._fired and time.monotonic() > self._target[0]:
                    self._fired = True
                    self._interrupt(*self._target[1:])

    def _interrupt(self, thread_id, connection):
        if connection is not None:
            with suppress(psycopg2.Error):  # it is gone: the thread learns of that by itself
                connection.cancel()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(TimeLimit))


class _Watched:
    def __init__(self, watch, cr, seconds):
        self.watch, self.seconds = watch, seconds
        self.connection = getattr(cr, "connection", None)

    def __enter__(self):
        self.watch._begin(self.connection, self.seconds)

    def __exit__(self, _kind, error, _traceback):
        if self.watch._end():
            raise TimeLimit(f"Processing exceeded the time limit of {self.seconds} s.") from error
