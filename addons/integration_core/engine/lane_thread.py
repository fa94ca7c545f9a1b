"""A lane's thread in a worker: started again when it ends unasked, and watched for progress."""

import threading
import time

from odoo.modules.registry import Registry

from .. import logs
from .lane import RECOVER_S, run

_logger = logs.get_logger(__name__)

# A lane that has not come round for so long, in seconds, is not counted on: one message may take an hour,
# and crons take over meanwhile.
STALLED_S = 300.0


class LaneThread:
    """One lane of a worker.

    :param is_stopping: an event, set when the worker has to end.
    :ivar restarts: how often it ended unasked; :ivar error: what it ended with the last time.
    """

    def __init__(self, dbname, lane_class, is_stopping):
        self.dbname, self.lane_class, self.is_stopping = dbname, lane_class, is_stopping
        self.name = lane_class.name
        self.wakeup = threading.Event()
        self.restarts = 0
        self.error = None
        self.lane = None
        self.thread = None

    def start(self):
        # A daemon: the process ends when its time to drain is up, whatever a lane is waiting for.
        self.thread = threading.Thread(target=self._run, name=f"lane-{self.name}", daemon=True)
        self.thread.start()
        return self

    def revive(self):
        """Start the thread again if it has died."""
        if not self.thread.is_alive() and not self.is_stopping.is_set():
            _logger.error("lane %s: its thread has died, starting another", self.name)
            self.restarts += 1
            self.start()

    def problem(self):
        """Why it is not to be counted on now, or ``None``."""
        if not self.thread.is_alive():
            return f"{self.name}: stopped ({self.error})"
        if self.error:
            return f"{self.name}: restarting after {self.error}"
        idle_s = time.monotonic() - self.lane.progress_at if self.lane else 0.0
        return f"{self.name}: no progress for {idle_s:.0f} s" if idle_s > STALLED_S else None

    def _rest(self, seconds):
        was_woken = self.wakeup.wait(seconds)
        self.wakeup.clear()
        return was_woken

    def _run(self):
        threading.current_thread().dbname = self.dbname
        while not self.is_stopping.is_set():
            try:
                self._run_lane()
            except BaseException as error:
                # Also what is no Exception: a time limit that arrives late, a SystemExit of somebody's code.
                self.error = f"{type(error).__name__}: {error}"[:200]
                self.restarts += 1
                _logger.exception("lane %s ended unexpectedly, it is started again", self.name)
                self.is_stopping.wait(RECOVER_S)

    def _run_lane(self):
        registry = Registry(self.dbname)
        # Ends when the registry was replaced (a module was installed), and starts with the new one.
        lane = self.lane_class(registry, is_threaded=True)
        self.lane, self.error = lane, None
        try:
            run(
                lane,
                lambda: self.is_stopping.is_set() or Registry(self.dbname) is not registry,
                self._rest,
            )
        finally:
            lane.close()
