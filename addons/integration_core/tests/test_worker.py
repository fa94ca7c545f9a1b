from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..engine import lane as engine_lane
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestWorker(IntegrationCase):
    def worker(self, age_s, lanes="inbox, outbox"):
        heartbeat = fields.Datetime.now() - timedelta(seconds=age_s)
        return (
            self.env["integration.worker"]
            .sudo()
            .create({"name": f"plant-srv-1:{age_s}", "lanes": lanes, "heartbeat_at": heartbeat})
        )

    def test_a_worker_counts_while_its_heart_beats(self):
        model = self.env["integration.worker"]
        self.assertFalse(model._is_served("outbox"))
        self.worker(60)
        self.assertFalse(model._is_served("outbox"))
        self.worker(2)
        self.assertTrue(model._is_served("outbox"))

    def test_a_worker_serves_the_lanes_that_it_names(self):
        self.worker(2, "inbox")
        self.assertFalse(self.env["integration.worker"]._is_served("outbox"))
        self.assertTrue(self.env["integration.worker"]._is_served("inbox"))

    def test_a_lane_that_raises_keeps_its_loop(self):
        """One failing run must neither end the worker nor make Odoo switch the cron off."""

        class Failing(engine_lane.Lane):
            name = "test_failing"
            runs = 0

            def run_once(self):
                self.runs += 1
                if self.runs == 1:
                    raise ValueError("a bug")
                return self.runs < 4

        self.addCleanup(engine_lane.LANES.pop, "test_failing")
        lane = Failing(self.env.registry)
        rests = []
        with self.assertLogs("odoo.addons.integration_core.engine.lane", "ERROR"):
            engine_lane.run(lane, lambda: lane.runs >= 4, rests.append)
        self.assertEqual((lane.runs, rests), (4, [engine_lane.RECOVER_S, engine_lane.POLL_S]))
