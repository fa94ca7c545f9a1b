"""Database work beside another loop: while PostgreSQL works, requests go on."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor


class Inline:
    """An executor that does everything at once, in the caller's thread: crons and tests have none to spare."""

    def submit(self, function, *arguments):
        future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001
            # Not swallowed: whoever asks the future for its result gets it raised.
            future.set_exception(error)
        return future

    def shutdown(self, wait=True):
        """Nothing to end."""


def pool(dbname, count, name):
    """A pool of ``count`` threads that Odoo's log knows the database of."""

    def begin():
        threading.current_thread().dbname = dbname

    return ThreadPoolExecutor(count, name, begin)
