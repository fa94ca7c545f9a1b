from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestReplay(OutboxCase):
    """Sending a span of time again."""

    def replay(self, **values):
        return (
            self.env["integration.replay"]
            .with_user(self.operator())
            .create(
                {"since": "2026-11-21 05:00:00", "until": "2026-11-21 06:00:00", "rate_per_s": 1000, **values}
            )
        )

    def run_replay(self, replay, seconds=60):
        """As if it had been running for so long."""
        if replay.state == "draft":
            replay.action_start()
        replay.sudo().started_at = self.env.cr.now().replace(microsecond=0)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_replay SET started_at = clock_timestamp() AT TIME ZONE 'UTC' - make_interval(secs => %s)",
            [seconds],
        )
        self.run_lane()
        self.env.invalidate_all()

    def delivered(self, count):
        events = [self.event(f"WH/MO/{n:05}") for n in range(count)]
        self.run_lane()
        self.receiver.requests.clear()
        return events

    def test_what_was_delivered_goes_out_again_under_its_own_id(self):
        events = self.delivered(3)
        replay = self.replay()
        self.assertGreaterEqual(replay.event_count, 3)
        self.run_replay(replay)
        self.assertEqual((replay.state, replay.progress, replay.delivery_count), ("done", 100, 3))
        ids = [headers["webhook-id"] for headers, _body in self.receiver.requests]
        self.assertEqual(sorted(ids), sorted(event.event_id for event in events))
        attempts = self.delivery(events[0]).attempt_ids.sorted("id")
        self.assertEqual([attempt.replay_id for attempt in attempts], [replay.browse(), replay])

    def test_only_the_span_and_the_types_that_were_named(self):
        inside, outside = self.delivered(2)
        outside.occurred_at = "2026-11-21 07:00:00"
        other = self.event(name="quality.hold.raised")
        self.run_lane()
        self.receiver.requests.clear()
        self.run_replay(self.replay(event_patterns="manufacturing.*"))
        self.assertEqual([h["webhook-id"] for h, _b in self.receiver.requests], [inside.event_id])
        self.assertEqual(len(self.delivery(other).attempt_ids), 1)

    def test_only_to_the_subscription_that_was_named(self):
        second = self.subscribe(name="Archive", url=f"{self.receiver.url}/archive")
        self.delivered(1)
        self.run_replay(self.replay(subscription_ids=second.ids))
        self.assertEqual(len(self.receiver.requests), 1)

    def test_a_subscription_that_came_later_can_be_given_what_it_missed(self):
        (event,) = self.delivered(1)
        late = self.subscribe(name="Since today")
        self.run_replay(self.replay(subscription_ids=late.ids))
        self.assertEqual(self.delivery(event, late).state, "delivered")

    def test_those_that_were_not_delivered_can_be_chosen(self):
        self.receiver.answers = [(400, {}, b"no")]
        first, second = self.event("WH/MO/00001"), self.event("WH/MO/00002")
        self.run_lane()
        dead = first if self.delivery(first).state == "dead" else second
        self.receiver.requests.clear()
        self.run_replay(self.replay(which="undelivered"))
        self.assertEqual([h["webhook-id"] for h, _b in self.receiver.requests], [dead.event_id])

    def test_it_is_throttled(self):
        self.delivered(10)
        replay = self.replay(rate_per_s=2)
        self.run_replay(replay, seconds=3)
        self.assertEqual((replay.state, replay.handed_out), ("running", 6))
        self.assertEqual(len(self.receiver.requests), 6)
        self.assertAlmostEqual(replay.progress, 60)
        self.run_replay(replay, seconds=30)
        self.assertEqual((replay.state, len(self.receiver.requests)), ("done", 10))

    def test_stopping_takes_back_what_was_not_sent_yet(self):
        events = self.delivered(4)
        self.subscription.hold_until = "2030-01-01"
        replay = self.replay()
        self.run_replay(replay)
        self.assertEqual({self.delivery(e).state for e in events}, {"pending"})
        replay.action_cancel()
        self.run_lane()
        self.assertEqual(replay.state, "cancelled")
        self.assertEqual({self.delivery(e).state for e in events}, {"delivered"}, "as they were before")
        self.assertFalse(self.receiver.requests)

    def test_what_waits_anyway_is_left_alone(self):
        # A delay of its own choice: ours is drawn from zero on, and may be over at once.
        self.receiver.answers = [(503, {"Retry-After": "600"}, b"")]
        event = self.event()
        self.run_lane()
        self.run_replay(self.replay())
        delivery = self.delivery(event)
        self.assertEqual((delivery.state, delivery.failure_count), ("retrying", 1))

    def test_one_that_runs_can_only_be_stopped(self):
        self.delivered(1)
        replay = self.replay()
        replay.action_start()
        with self.assertRaisesRegex(UserError, "can only be stopped"):
            replay.rate_per_s = 9999

    def test_nothing_to_send_again_is_said(self):
        with self.assertRaisesRegex(UserError, "Nothing happened in this span"):
            self.replay(since="2020-01-01", until="2020-01-02").action_start()

    def test_a_user_may_not_replay(self):
        with self.assertRaises(AccessError):
            self.env["integration.replay"].with_user(
                self.user("uma.user", "integration_core.group_user")
            ).create({"since": "2026-11-21 05:00:00", "until": "2026-11-21 06:00:00"})

    def test_dead_letters_that_were_selected_are_offered_as_a_replay(self):
        events = self.delivered(2)
        deliveries = self.delivery(events[0]) + self.delivery(events[1])
        action = deliveries.with_user(self.operator()).action_replay()
        replay = self.env["integration.replay"].with_context(**action["context"]).new({})
        self.assertEqual(replay.subscription_ids._origin, self.subscription)
        self.assertEqual(replay.event_patterns, "manufacturing.order.released")
