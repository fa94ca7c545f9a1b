"""Neighbours, limits, conflicts: what one message does to others, and for how long."""

import time

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine.queue import MAX_CRASHES

from ..engine import messages
from ..engine.lane import InboxLane
from .common import InboxCase


@tagged("post_install", "-at_install")
class TestLimits(InboxCase):
    def send(self, *names):
        for number, name in enumerate(names, 1):
            body = self.body(name, event_id=f"e-{number}")
            self.assertEqual(self.accept(body, self.headers(body, f"msg_{number}")).status, 202)
        self.env.flush_all()

    def states(self):
        self.env.invalidate_all()
        return (
            self.env["integration.message"]
            .search([("endpoint_id", "=", self.endpoint.id)], order="id")
            .mapped("state")
        )

    def test_a_poison_message_never_stops_its_neighbours(self):
        with mute_logger("odoo.addons.integration_inbox.engine.outcome"):
            self.send("One", "Bug", "Two", "Never", "Three", "Not yet", "Four", "Bug", "Bug", "Five")
            self.run_lane()
        good, wrong = ["processed"], ["retrying"]
        self.assertEqual(
            self.states(), [*good, *wrong, *good, "dead", *good, "waiting", *good, *wrong, *wrong, *good]
        )
        # Each good one exactly once, though some were undone together with a bad one.
        self.assertEqual(self.partner.comment.count("+"), 5)

    def test_code_that_computes_too_long_is_stopped_and_undone(self):
        self.endpoint.limit_s = 1
        self.send("One", "Slow", "Two")
        began = time.monotonic()
        self.run_lane()
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(self.states(), ["processed", "retrying", "processed"])
        self.assertIn("time limit of 1 s", self.message("msg_2").reason)
        self.assertEqual(self.partner.name, "Two")

    def test_one_that_is_slow_again_and_again_is_dead(self):
        self.endpoint.limit_s = 1
        self.send("Slow")
        for _ in range(3):
            self.env.cr.execute("UPDATE integration_message SET next_attempt_at = '2026-01-01'")
            self.run_lane()
        self.assertEqual(self.states(), ["dead"])
        self.assertIn("stopped 3 times", self.message().reason)

    def test_a_message_that_kills_its_worker_is_tried_alone_and_then_no_more(self):
        self.send("One", "Two")
        for crash in range(MAX_CRASHES):
            with self.subTest(crash):
                self.env.cr.execute(
                    "UPDATE integration_message SET state = 'processing', leased_by = 'x', lease_until = '2026-01-01'"
                    " WHERE message_id = 'msg_1'"
                )
                with self.enter_registry_test_mode():
                    lane = InboxLane(self.registry)
                    lane._reclaim()
                    lane.close()
        self.assertEqual(self.states(), ["dead", "received"])
        self.assertIn("stopped 5 times", self.message().reason)
        self.assertEqual(self.message().note_ids[:1].state, "dead")
        self.run_lane()
        self.assertEqual(self.states(), ["dead", "processed"])

    def test_a_flood_at_one_endpoint_does_not_hold_up_another(self):
        self.send(*["Flood"] * 60)
        other = self.endpoint.copy({"name": "Other"})
        body = self.body("Urgent")
        self.accept(body, self.headers(body, "urgent"), endpoint=other)
        self.env.flush_all()
        self.env.cr.execute(messages.QUEUE.CLAIM, {"worker": "w", "most": 10})
        taken = self.env["integration.message"].browse([row[0] for row in self.env.cr.fetchall()])
        self.assertEqual(len(taken), 10)
        self.assertIn("urgent", taken.mapped("message_id"))

    def test_one_endpoint_with_unreadable_settings_stops_no_other(self):
        broken = self.endpoint.copy({"name": "Broken"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_endpoint SET allowed_sources = 'everywhere' WHERE id = %s", [broken.id]
        )
        self.env.invalidate_all()
        self.env["integration.endpoint"]._forget_settings()
        body = self.body()
        with mute_logger("odoo.addons.integration_inbox.models.integration_endpoint"):
            self.assertEqual(self.accept(body, self.headers(body), endpoint=broken).status, 401)
        self.assertEqual(self.accept(body, self.headers(body)).status, 202)
