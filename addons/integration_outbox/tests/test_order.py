import json

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_core.policy import breaker

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestOrder(OutboxCase):
    """Events with one key go out one after the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscription.is_ordered = True

    def received(self):
        return [json.loads(body)["data"]["step"] for _headers, body in self.receiver.requests]

    def steps(self, reference, *names):
        return [
            self.event(reference, data=json.dumps({"reference": reference, "step": name})) for name in names
        ]

    def states(self, events):
        return [self.delivery(event).state for event in events]

    def due(self, *events):
        for event in events:
            self.delivery(event).sudo().next_attempt_at = "2026-01-01"
        self.env.flush_all()

    def test_they_arrive_in_the_order_of_the_events(self):
        names = [f"step {n:02}" for n in range(12)]
        self.steps("WH/MO/00042", *names)
        self.run_lane()
        self.assertEqual(self.received(), names)

    def test_one_that_fails_keeps_those_behind_it_waiting_and_no_others(self):
        self.receiver.answers = [(500, {}, b"")]
        first, second = self.steps("WH/MO/00042", "released", "started")
        self.run_lane()
        (other,) = self.steps("WH/MO/00043", "released")
        self.run_lane()
        self.assertEqual(self.states([first, second, other]), ["retrying", "pending", "delivered"])
        self.assertEqual(self.delivery(second).after_id, self.delivery(first))
        self.due(first)
        self.run_lane()
        self.assertEqual(self.states([first, second]), ["delivered", "delivered"])
        self.assertEqual(self.received()[-2:], ["released", "started"])

    def test_behind_a_dead_letter_the_key_holds_until_a_person_decides(self):
        self.receiver.answers = [(400, {}, b"unknown product")]
        first, second, third = self.steps("WH/MO/00042", "released", "started", "completed")
        self.run_lane()
        self.assertEqual(self.states([first, second, third]), ["dead", "pending", "pending"])
        self.delivery(first).with_user(self.operator()).action_retry()
        self.run_lane()
        self.assertEqual(self.received(), ["released", "released", "started", "completed"])

    def test_a_dead_letter_that_is_cancelled_lets_the_others_go(self):
        self.receiver.answers = [(400, {}, b"unknown product")]
        first, second = self.steps("WH/MO/00042", "released", "started")
        self.run_lane()
        self.delivery(first).with_user(self.operator()).action_cancel()
        self.run_lane()
        self.assertEqual(self.states([first, second]), ["cancelled", "delivered"])

    def test_one_cancelled_in_the_middle_is_closed_up_to(self):
        self.subscription.action_pause()
        first, second, third = self.steps("WH/MO/00042", "released", "started", "completed")
        self.run_lane()
        self.delivery(second).with_user(self.operator()).action_cancel()
        self.run_lane()
        self.assertEqual(self.delivery(third).after_id, self.delivery(first))
        self.subscription._mark_active()
        self.run_lane()
        self.assertEqual(self.received(), ["released", "completed"])

    def test_a_subscription_may_go_on_without_its_dead(self):
        self.subscription.on_dead = "skip"
        self.receiver.answers = [(400, {}, b"unknown product")]
        first, second = self.steps("WH/MO/00042", "released", "started")
        self.run_lane()
        self.assertEqual(self.states([first, second]), ["dead", "delivered"])

    def test_deciding_to_go_on_frees_what_is_held(self):
        self.receiver.answers = [(400, {}, b"unknown product")]
        first, second = self.steps("WH/MO/00042", "released", "started")
        self.run_lane()
        self.subscription.on_dead = "skip"
        self.run_lane()
        self.assertEqual(self.states([first, second]), ["dead", "delivered"])

    def test_turned_on_later_it_orders_what_waits_already(self):
        self.subscription.is_ordered = False
        self.subscription.action_pause()
        events = self.steps("WH/MO/00042", "released", "started", "completed")
        self.run_lane()
        self.subscription.is_ordered = True
        self.assertEqual(self.delivery(events[2]).after_id, self.delivery(events[1]))
        self.subscription._mark_active()
        self.run_lane()
        self.assertEqual(self.received(), ["released", "started", "completed"])

    def test_what_the_filter_does_not_want_holds_nobody_up(self):
        self.subscription.filter_expression = 'data.step != "started"'
        events = self.steps("WH/MO/00042", "released", "started", "completed")
        self.run_lane()
        self.assertEqual(self.received(), ["released", "completed"])
        self.assertFalse(self.delivery(events[1]), "it was never to be sent")

    def test_a_replay_goes_to_the_end_of_its_line_in_order(self):
        old = self.steps("WH/MO/00042", "released", "started")
        self.run_lane()
        self.receiver.answers = [(500, {}, b"")]
        (new,) = self.steps("WH/MO/00042", "completed")
        self.run_lane()
        # Its retry is drawn at random, and may be due at once.
        self.delivery(new).sudo().next_attempt_at = fields.Datetime.add(fields.Datetime.now(), hours=1)
        self.env.flush_all()
        self.replay(old)
        self.assertEqual(self.states([*old, new]), ["pending", "pending", "retrying"])
        self.due(new)
        self.run_lane()
        self.assertEqual(self.received()[-3:], ["completed", "released", "started"])

    def replay(self, events):
        replay = self.env["integration.replay"].create(
            {"since": "2026-11-21 05:00:00", "until": "2026-11-21 06:00:00", "rate_per_s": 1000}
        )
        replay.action_start()
        replay.started_at = "2026-01-01"
        replay.last_id = max(events, key=lambda e: e.id).id
        self.env.flush_all()
        self.run_lane()
        self.assertEqual(replay.state, "done")
        return replay


@tagged("post_install", "-at_install")
class TestAnyOrder(OutboxCase):
    """Whatever partners answer and operators do, in whatever order: each key's events arrive in theirs."""

    steps = st.lists(
        st.one_of(
            st.tuples(st.just("emit"), st.integers(0, 2)),
            st.tuples(st.just("answer"), st.lists(st.sampled_from([200, 200, 500, 400]), max_size=4)),
            st.tuples(st.just("retry"), st.integers(0, 30)),
            st.tuples(st.just("cancel"), st.integers(0, 30)),
            st.tuples(st.just("due"), st.integers(0, 30)),
            st.tuples(st.just("pause"), st.just(0)),
        ),
        min_size=3,
        max_size=14,
    )

    def setUp(self):
        super().setUp()
        self.subscription.is_ordered = True
        self.patch(breaker, "THRESHOLD", 10**6)  # order is looked at, not patience
        self.story = 0

    def test_order_holds_whatever_happens(self):
        play = settings(max_examples=25)(given(self.steps)(self.play))
        play()

    def play(self, steps):
        self.story += 1
        self.receiver.requests.clear()
        self.receiver.answers.clear()
        self.events = []
        for name, argument in steps:
            getattr(self, name)(argument)
            self.env.flush_all()
        if self.subscription.state == "paused":
            self.subscription._mark_active()
        for _ in range(len(self.events) + 2):
            self.deliveries().filtered(lambda d: d.state == "dead").action_retry()
            self.deliveries().filtered(lambda d: d.state == "retrying").sudo().next_attempt_at = "2026-01-01"
            self.env.flush_all()
            self.answer([])
        self.assertLessEqual(
            set(self.deliveries().mapped("state")), {"delivered", "cancelled"}, "nothing is stuck"
        )
        for key in range(3):
            arrived = [n for k, n in self.arrived() if k == key]
            self.assertEqual(arrived, sorted(arrived))

    def arrived(self):
        """``(key, number)`` in the order of their first arrival."""
        seen = [json.loads(body)["data"] for _headers, body in self.receiver.requests]
        return list(dict.fromkeys((data["key"], data["number"]) for data in seen))

    def deliveries(self):
        self.env.invalidate_all()
        return self.env["integration.delivery"].search([("event_id", "in", [e.id for e in self.events])])

    def emit(self, key):
        data = json.dumps({"key": key, "number": len(self.events)})
        self.events.append(self.event(f"WH/MO/{self.story}/{key}", data=data))

    def answer(self, answers):
        self.receiver.answers = [(status, {}, b"") for status in answers]
        self.run_lane()

    def pick(self, number, *states):
        return self.deliveries().filtered(lambda d: d.state in states)[number : number + 1]

    def retry(self, number):
        self.pick(number % 5, "dead", "retrying").action_retry()

    def cancel(self, number):
        self.pick(number % 5, "pending", "retrying", "dead", "paused").action_cancel()

    def due(self, number):
        self.pick(number % 5, "retrying").sudo().next_attempt_at = "2026-01-01"

    def pause(self, _nothing):
        if self.subscription.state == "active":
            self.subscription.action_pause()
        else:
            self.subscription._mark_active()


@tagged("post_install", "-at_install")
class TestCoalescing(OutboxCase):
    """Of a stock level only the latest counts."""

    def setUp(self):
        super().setUp()
        from odoo.addons.integration_core import declare  # noqa: PLC0415

        declaration = declare.EventDeclaration(
            "inventory.level.changed",
            1,
            dict,
            None,
            "res.partner",
            (),
            "integration_outbox",
            "key",
            coalesces=True,
        )
        declare.EVENTS["inventory.level.changed", 1] = declaration
        self.addCleanup(declare.EVENTS.pop, ("inventory.level.changed", 1))

    def level(self, product, value):
        return self.event(product, "inventory.level.changed", data=json.dumps({"value": value}))

    def values(self):
        return [json.loads(body)["data"]["value"] for _headers, body in self.receiver.requests]

    def test_of_those_of_one_batch_the_latest_is_sent(self):
        for value in (12, 11, 9):
            self.level("STEEL-3MM", value)
        self.level("BOLT-M8", 400)
        self.run_lane()
        self.assertEqual(sorted(self.values()), [9, 400])

    def test_one_that_waits_gives_way_and_says_so(self):
        self.subscription.hold_until = "2030-01-01"
        old = self.level("STEEL-3MM", 12)
        self.run_lane()
        new = self.level("STEEL-3MM", 9)
        self.run_lane()
        self.assertEqual(self.delivery(old).state, "cancelled")
        self.assertIn("newer event", self.delivery(old).reason)
        self.subscription.hold_until = False
        self.run_lane()
        self.assertEqual((self.values(), self.delivery(new).state), ([9], "delivered"))

    def test_one_that_is_being_tried_is_not_overtaken(self):
        self.receiver.answers = [(500, {}, b"")]
        old = self.level("STEEL-3MM", 12)
        self.run_lane()
        new = self.level("STEEL-3MM", 9)
        self.run_lane()
        self.assertEqual(self.values(), [12])
        self.assertEqual(self.delivery(new).after_id, self.delivery(old))
