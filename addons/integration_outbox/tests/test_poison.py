import time
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core.engine import lane as engine_lane

from ..engine import compose, deliveries, outcome
from ..engine.lane import OutboxLane
from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestPoison(OutboxCase):
    """Whatever working on a row raises is that row's failed attempt: its neighbours notice nothing, and drain ends."""

    def erased(self, **values):
        """A delivery whose event has no payload any more, due all the same."""
        event = self.event("WH/MO/00007", **values)
        self.env.cr.execute("UPDATE integration_event SET data = NULL WHERE id = %s", [event.id])
        self.env.invalidate_all()
        return event

    def test_an_event_without_payload_dies_with_its_reason_in_every_mode(self):
        for mode in ("structured", "binary", "mapped"):
            with self.subTest(mode):
                self.receiver.requests.clear()
                self.subscription.write(
                    {"body_mode": mode, "mapping_expression": '{"order": data.reference}'}
                )
                poison, well = self.erased(), self.event("WH/MO/00008")
                self.run_lane()
                self.assertEqual(
                    (self.delivery(poison).state, self.delivery(well).state), ("dead", "delivered")
                )
                self.assertIn("has no payload", self.delivery(poison).reason)
                self.assertEqual(len(self.receiver.requests), 1)

    def test_in_a_batch_it_takes_nobody_along(self):
        self.subscription.write({"batch_size": 5, "batch_wait_s": 0})
        poison, well = self.erased(), self.event("WH/MO/00008")
        self.run_lane()
        self.assertEqual((self.delivery(poison).state, self.delivery(well).state), ("dead", "delivered"))

    def test_what_nobody_foresaw_fails_the_row_a_bounded_number_of_times(self):
        self.subscription.max_attempts = 2
        poison, well = self.event("WH/MO/00007"), self.event("WH/MO/00008")
        part = compose.part

        def stumbles(row, *arguments):
            if row.subject == "WH/MO/00007":
                raise RecursionError("a bug of ours")
            return part(row, *arguments)

        with (
            patch.object(compose, "part", stumbles),
            mute_logger("odoo.addons.integration_outbox.engine.lane"),
        ):
            for state in ("retrying", "dead"):
                self.run_lane()
                self.assertEqual(
                    (self.delivery(poison).state, self.delivery(well).state), (state, "delivered")
                )
                self.delivery(poison).sudo().next_attempt_at = "2026-01-01"
                self.env.flush_all()
        self.assertIn("Could not be sent: RecursionError: a bug of ours", self.delivery(poison).reason)
        self.assertEqual(len(self.delivery(poison).attempt_ids), 2)
        self.assertFalse(self.subscription.health_ids.failures, "it says nothing of the partner")

    def test_a_response_that_cannot_be_stored_wedges_nothing(self):
        """PostgreSQL takes no U+0000 and no lone surrogate; the batch would be tried for ever."""
        poison, well = self.event("WH/MO/00007"), self.event("WH/MO/00008")

        def judged(status, reason, headers, failures, channel):
            found = outcome.judge(status, reason, headers, failures, channel)
            return found._replace(reason="\ud800 and \0") if self.poisons else found

        self.poisons = True
        self.subscription.max_in_flight = 1
        with (
            patch("odoo.addons.integration_outbox.engine.lane.judge", judged),
            mute_logger("odoo.addons.integration_core.engine.settling", "odoo.sql_db"),
        ):
            self.run_lane()
        self.assertEqual((self.delivery(poison).state, self.delivery(well).state), ("delivered", "delivered"))
        self.assertIn("could not be stored", self.delivery(poison).reason)

    def test_drain_ends_though_something_is_lost_sight_of(self):
        self.event()
        with self.enter_registry_test_mode(), mute_logger("odoo.addons.integration_outbox.engine.lane"):
            lane = OutboxLane(self.registry)
            while lane.run_once():
                pass
            lane.in_flight.ids.add(-1)
            began = time.monotonic()
            with patch.object(engine_lane, "DRAIN_S", 0.2):
                engine_lane._drain(lane)
            self.assertLess(time.monotonic() - began, 5)
            lane.close()

    def test_one_that_kills_its_workers_is_given_up_and_falls_back(self):
        spare = self.subscribe(name="Spare", event_patterns="manufacturing.order.completed")
        self.subscription.fallback_id = spare
        event = self.event()
        with self.enter_registry_test_mode():
            lane = OutboxLane(self.registry)
            lane._do_chores()
            lane._fan_out_and_claim([], ())
            lane.close()
        for _crash in range(5):
            self.env.cr.execute(
                "UPDATE integration_delivery SET state = 'sending', leased_by = 'x', lease_until = '2026-01-01',"
                " attempt_count = attempt_count + 1 WHERE subscription_id = %s",
                [self.subscription.id],
            )
            with self.enter_registry_test_mode():
                lane = OutboxLane(self.registry)
                lane._tidy()
                lane.close()
        self.env.invalidate_all()
        self.assertEqual(self.delivery(event).state, "dead")
        self.assertIn("stopped 5 times", self.delivery(event).reason)
        self.assertEqual(len(self.delivery(event).attempt_ids), 5)
        self.run_lane()
        self.assertEqual(self.delivery(event, spare).state, "delivered")

    def test_what_was_erased_is_neither_built_nor_sent_again(self):
        event = self.event()
        self.run_lane()
        event._erase_payload(self.env["integration.data.subject.request"].new({"term": "Okafor"}))
        self.env.invalidate_all()
        self.assertEqual(event.state, "erased")
        self.assertIn(event, self.env["integration.event"].search([("state", "=", "erased")]))
        self.assertNotIn(event, self.env["integration.event"].search([("state", "=", "unbuilt")]))
        event.action_build()
        self.assertEqual((event.state, event.data), ("erased", False))
        self.delivery(event)._transition("cancelled", ["delivered"])
        with self.assertRaisesRegex(UserError, "has no payload any more"):
            self.delivery(event).action_retry()

    def test_nothing_is_reclaimed_without_counting(self):
        event = self.event()
        self.run_lane()
        self.env.cr.execute(
            "UPDATE integration_delivery SET state = 'sending', leased_by = 'x', lease_until = '2026-01-01'"
        )
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.assertEqual(deliveries.reclaim(cr), [])
        self.env.invalidate_all()
        self.assertEqual((self.delivery(event).crash_count, self.delivery(event).failure_count), (1, 1))
