from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import OutboxCase


class ReplayCase(OutboxCase):
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


@tagged("post_install", "-at_install")
class TestReplay(ReplayCase):
    """Sending a span of time again."""

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
        with self.assertRaisesRegex(UserError, "You can only cancel it"):
            replay.rate_per_s = 9999

    def test_nothing_to_send_again_is_said(self):
        with self.assertRaisesRegex(UserError, "No event of this replay can be sent again"):
            self.replay(since="2020-01-01", until="2020-01-02").action_start()

    def test_a_user_may_not_replay(self):
        with self.assertRaises(AccessError):
            self.env["integration.replay"].with_user(
                self.user("uma.user", "integration_core.group_user")
            ).create({"since": "2026-11-21 05:00:00", "until": "2026-11-21 06:00:00"})


@tagged("post_install", "-at_install")
class TestReplayOfASelection(ReplayCase):
    """Exactly what was selected in a list, and nothing around it."""

    def selected(self, records):
        action = records.with_user(self.operator()).action_replay()
        replay = self.env["integration.replay"].with_user(self.operator()).browse(action["res_id"])
        replay.rate_per_s = 10_000
        return replay

    def sent(self):
        return sorted(headers["webhook-id"] for headers, _body in self.receiver.requests)

    def test_a_selection_of_deliveries_sends_these_and_none_between_them(self):
        second = self.subscribe(name="Archive", url=f"{self.receiver.url}/archive")
        events = self.delivered(5)
        chosen = self.delivery(events[0]) + self.delivery(events[2], second) + self.delivery(events[4])
        replay = self.selected(chosen)
        self.assertEqual((replay.selected_count, replay.name), (3, "3 selected deliveries"))
        self.assertIn("Deliveries to send again: 3 (3 delivered)", replay.selection_summary)
        self.assertEqual(replay.selection_ids.delivery_id, chosen.with_user(self.operator()))
        self.run_replay(replay)
        self.assertEqual(self.sent(), sorted(events[n].event_id for n in (0, 2, 4)))
        self.assertEqual(replay.delivery_ids, chosen.with_user(self.operator()))
        self.assertEqual((replay.state, replay.total, replay.handed_out), ("done", 3, 3))

    def test_what_waits_anyway_or_has_lost_its_payload_is_said_and_left(self):
        events = self.delivered(3)
        self.delivery(events[1]).state = "retrying"
        self.delivery(events[1]).next_attempt_at = "2030-01-01"
        events[2].write({"data": False, "error": "Its payload was erased"})
        replay = self.selected(self.env["integration.delivery"].union(*map(self.delivery, events)))
        self.assertIn("Deliveries to send again: 1 (1 delivered)", replay.selection_summary)
        self.assertIn("delivery is still in progress: 1", replay.selection_summary)
        self.assertIn("the payload was erased or never built: 1", replay.selection_summary)
        self.run_replay(replay)
        self.assertEqual(self.sent(), [events[0].event_id])
        self.assertEqual(self.delivery(events[1]).state, "retrying")

    def test_a_subscription_that_no_longer_wants_the_type_gets_what_was_selected(self):
        (event,) = self.delivered(1)
        self.subscription._write({"event_patterns": "quality.*"})  # the catalog of this test knows none
        self.run_replay(self.selected(self.delivery(event)))
        self.assertEqual(self.sent(), [event.event_id])

    def test_an_archived_subscription_gets_nothing_and_the_form_says_so(self):
        (event,) = self.delivered(1)
        delivery = self.delivery(event)
        self.subscription.active = False
        replay = self.selected(delivery)
        self.assertIn("the subscription or system is archived: 1", replay.selection_summary)
        self.run_replay(replay)
        self.assertFalse(self.receiver.requests)

    def test_a_selection_of_events_goes_to_all_that_want_them_or_to_the_chosen_one(self):
        second = self.subscribe(name="Archive", url=f"{self.receiver.url}/archive")
        events = self.delivered(3)
        replay = self.selected(events[0] + events[2])
        self.assertEqual(replay.name, "2 selected events")
        self.run_replay(replay)
        self.assertEqual(self.sent(), sorted([events[0].event_id, events[2].event_id] * 2))
        self.receiver.requests.clear()
        replay = self.selected(events[1])
        replay.subscription_ids = second
        self.run_replay(replay)
        self.assertEqual(replay.delivery_ids.subscription_id, second)
        self.assertEqual(self.sent(), [events[1].event_id])

    def test_it_is_throttled_and_stopped_like_any_other(self):
        events = self.delivered(6)
        deliveries = self.env["integration.delivery"].union(*map(self.delivery, events))
        self.subscription.hold_until = "2030-01-01"
        replay = self.selected(deliveries)
        replay.rate_per_s = 1
        self.run_replay(replay, seconds=4)
        self.assertEqual((replay.state, replay.handed_out), ("running", 4))
        replay.action_cancel()
        self.run_lane()
        self.assertEqual((replay.state, set(deliveries.mapped("state"))), ("cancelled", {"delivered"}))

    def test_an_ordered_partner_gets_a_selection_in_order(self):
        self.subscription.is_ordered = True
        events = [self.event("WH/MO/00001") for _ in range(4)]
        self.run_lane()
        self.receiver.requests.clear()
        chosen = self.delivery(events[3]) + self.delivery(events[0]) + self.delivery(events[2])
        self.run_replay(self.selected(chosen))
        sent = [headers["webhook-id"] for headers, _body in self.receiver.requests]
        self.assertEqual(sent, [events[n].event_id for n in (0, 2, 3)])

    def test_ten_thousand_rows_are_selected_at_once(self):
        self.env.cr.execute(
            """
            INSERT INTO integration_event
                        (event_id, type, version, company_id, occurred_at, subject, partition_key, data)
                 SELECT 'msg_' || n, 'manufacturing.order.released', 1, %s, '2026-11-21 05:30:00',
                        'WH/MO/' || n, 'WH/MO/' || n, '{}'
                   FROM generate_series(1, 10000) AS n
            """,
            [self.company.id],
        )
        self.env.cr.execute(
            """
            INSERT INTO integration_delivery (event_id, subscription_id, state, attempt_count, failure_count)
                 SELECT id, %s, 'dead', 1, 1 FROM integration_event WHERE event_id LIKE 'msg_%%'
              RETURNING id
            """,
            [self.subscription.id],
        )
        dead = self.env["integration.delivery"].browse(id_ for (id_,) in self.env.cr.fetchall())
        with self.assertQueryCount(250):
            replay = self.selected(dead)
            self.assertEqual(replay.selected_count, 10_000)
            self.assertIn("Deliveries to send again: 10000 (10000 failed)", replay.selection_summary)
        self.subscription.hold_until = "2030-01-01"
        for _ in range(6):  # the engine takes 2,000 at once
            self.run_replay(replay)
        self.assertEqual((replay.state, replay.handed_out, replay.delivery_count), ("done", 10_000, 10_000))

    def test_a_selection_that_nobody_starts_goes_after_a_day(self):
        (event,) = self.delivered(1)
        old, new, span = (
            self.selected(self.delivery(event)),
            self.selected(self.delivery(event)),
            self.replay(),
        )
        self.env.cr.execute(
            "UPDATE integration_replay SET create_date = now() - interval '25 hours' WHERE id IN %s",
            [(old.id, span.id)],
        )
        self.env.invalidate_all()
        self.env["integration.replay"]._gc_drafts()
        self.assertEqual((old + new + span).exists(), new + span)

    def test_rows_of_two_companies_are_refused(self):
        other = self.env["res.company"].create({"name": "Plant Gdańsk"})
        events = self.event() + self.event(company_id=other.id)
        self.operator().company_ids |= other
        with self.assertRaisesRegex(UserError, "rows of one company"):
            events.with_user(self.operator()).with_context(
                allowed_company_ids=(self.company + other).ids
            ).action_replay()

    def test_a_user_may_not_select_for_a_replay(self):
        (event,) = self.delivered(1)
        user = self.user("uma.user", "integration_core.group_user")
        for record in (event, self.delivery(event)):
            with self.assertRaises(AccessError):
                record.with_user(user).action_replay()
