import threading
import time

from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from ..engine import lane as engine_lane
from ..engine import lane_thread
from ..engine.lane_thread import LaneThread


@tagged("post_install", "-at_install")
class TestLaneThread(BaseCase):
    """A lane whose thread ends unasked is started again, and seen."""

    def lane(self, work):
        class Stumbling(engine_lane.Lane):
            name = "test_stumbling"
            closed = 0

            def run_once(self):
                return work()

            def close(self):
                type(self).closed += 1

        self.addCleanup(engine_lane.LANES.pop, "test_stumbling")
        stopping = threading.Event()
        thread = LaneThread(get_db_name(), Stumbling, stopping)
        self.patch(lane_thread, "RECOVER_S", 0.01)
        self.patch(engine_lane, "POLL_S", 0.05)
        self.addCleanup(lambda: (stopping.set(), thread.wakeup.set(), thread.thread.join(10)))
        return thread

    def wait_for(self, condition):
        end = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_it_goes_on_after_what_is_no_exception(self):
        runs = []

        def work():
            runs.append(1)
            if len(runs) == 1:
                raise SystemExit("somebody's code")
            return False

        thread = self.lane(work)
        with mute_logger("odoo.addons.integration_core.engine.lane_thread"):
            thread.start()
            self.wait_for(lambda: len(runs) > 1)
        self.assertEqual((thread.restarts, thread.lane_class.closed, thread.problem()), (1, 1, None))

    def test_one_that_does_not_come_round_is_not_counted_on(self):
        waits = threading.Event()
        thread = self.lane(lambda: waits.wait(10) and False).start()
        self.wait_for(lambda: thread.lane)
        self.assertIsNone(thread.problem())
        thread.lane.progress_at -= lane_thread.STALLED_S + 1
        self.assertIn("no progress for", thread.problem())
        waits.set()

    def test_a_thread_that_has_died_is_started_again(self):
        thread = self.lane(lambda: False).start()
        dead = threading.Thread(target=lambda: None)
        dead.start()
        dead.join()
        alive, thread.thread = thread.thread, dead
        self.assertIn("stopped", thread.problem())
        with mute_logger("odoo.addons.integration_core.engine.lane_thread"):
            thread.revive()
        self.assertTrue(thread.thread.is_alive())
        self.assertIsNot(thread.thread, alive)
        thread.is_stopping.set()
        alive.join(10)
