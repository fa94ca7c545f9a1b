from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..engine import in_flight
from ..models import integration_event
from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestPace(OutboxCase):
    """When and how fast, and what happens when a partner fails."""

    def states(self, events):
        return sorted(self.delivery(event).state for event in events)

    def health(self):
        self.env.invalidate_all()
        return self.subscription.health_ids

    def test_a_partner_that_fails_is_left_alone_for_a_while(self):
        self.receiver.answers = [(500, {}, b"")] * 200
        self.subscription.max_in_flight = 10
        events = [self.event(f"WH/MO/{n:05}") for n in range(30)]
        self.run_lane()
        tried = len(self.receiver.requests)
        self.assertTrue(10 <= tried < 20, "the tenth failure stops it; those under way finish")
        self.assertEqual(self.states(events), ["pending"] * (30 - tried) + ["retrying"] * tried)
        self.assertEqual((self.health().failures, self.health().openings), (tried, 1))
        self.assertTrue(self.subscription.open_until)

    def test_when_the_time_is_up_one_request_finds_out(self):
        self.test_a_partner_that_fails_is_left_alone_for_a_while()
        tried = len(self.receiver.requests)
        self.reopen()
        self.run_lane()
        self.assertEqual(len(self.receiver.requests), tried + 1)
        self.assertEqual(self.health().openings, 2)
        self.receiver.answers.clear()
        self.reopen()
        self.run_lane()
        self.assertFalse(self.health().open_until)
        self.assertFalse(self.env["integration.delivery"].search([("state", "=", "pending")]))

    def reopen(self):
        self.health().open_until = "2026-01-01"
        self.env.flush_all()

    def test_retry_after_holds_everything_back(self):
        self.subscription.max_in_flight = 1
        self.receiver.answers = [(429, {"retry-after": "600"}, b"")]
        events = [self.event(f"WH/MO/{n:05}") for n in range(3)]
        self.run_lane()
        self.assertEqual(len(self.receiver.requests), 1)
        self.assertEqual(self.states(events), ["pending", "pending", "retrying"])
        wait = self.health().open_until - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 600, delta=30)

    def test_another_address_is_asked_at_once(self):
        self.test_a_partner_that_fails_is_left_alone_for_a_while()
        self.receiver.answers.clear()
        self.subscription.url += "/new"
        self.run_lane()
        self.assertGreaterEqual(len(self.receiver.requests), 30)
        self.assertFalse(self.env["integration.delivery"].search([("state", "=", "pending")]))

    def test_no_more_go_out_than_the_rate_allows(self):
        self.subscription.write({"rate_per_s": 0.01, "rate_burst": 4})
        events = [self.event(f"WH/MO/{n:05}") for n in range(9)]
        self.run_lane()
        self.assertEqual(self.states(events), ["delivered"] * 4 + ["pending"] * 5)
        self.health().tokens_at = fields.Datetime.now() - timedelta(seconds=301)
        self.env.flush_all()
        self.run_lane()
        self.assertEqual(self.states(events), ["delivered"] * 7 + ["pending"] * 2)

    def test_no_more_are_under_way_at_once_than_allowed(self):
        self.subscription.max_in_flight = 2
        events = [self.event(f"WH/MO/{n:05}") for n in range(7)]
        most = []
        begun = in_flight.InFlight.begun
        self.patch(
            in_flight.InFlight, "begun", lambda me, id_: (begun(me, id_), most.append(me.under_way[id_]))
        )
        self.run_lane()
        self.assertEqual(self.states(events), ["delivered"] * 7)
        self.assertEqual(max(most), 2)

    def test_a_schedule_of_ones_own_is_kept(self):
        self.subscription.retry_schedule = "30s 2h"
        self.receiver.answers = [(500, {}, b"")] * 3
        event = self.event()
        for wait in (30, 7200, 7200):
            self.run_lane()
            delivery = self.delivery(event)
            left = (delivery.next_attempt_at - fields.Datetime.now()).total_seconds()
            self.assertTrue(wait - 2 <= left <= wait * 1.1 + 2, left)
            delivery.sudo().next_attempt_at = "2026-01-01"
            self.env.flush_all()

    def test_what_is_too_old_expires_and_says_so(self):
        self.subscription.expires_after_h = 2
        old, new = self.event("WH/MO/00001"), self.event("WH/MO/00002")
        self.subscription.action_pause()
        self.run_lane()
        self.delivery(old).sudo().created_at = fields.Datetime.now() - timedelta(hours=3)
        self.env.flush_all()
        self.subscription._mark_active()
        self.run_lane()
        self.assertEqual((self.delivery(old).state, self.delivery(new).state), ("expired", "delivered"))
        self.assertEqual(self.delivery(old).reason, "Was 3.0 hours old when it could be sent")
        self.assertEqual(len(self.receiver.requests), 1)

    def test_outside_of_its_hours_events_wait(self):
        now = fields.Datetime.now()
        self.subscription.write(
            {"hold_from": now - timedelta(hours=1), "hold_until": now + timedelta(hours=1)}
        )
        event = self.event()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "pending")
        self.subscription.hold_until = now - timedelta(minutes=1)
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "delivered")

    def test_gone_means_that_nothing_more_is_sent_and_the_owner_hears_of_it(self):
        self.receiver.answers = [(410, {}, b"")]
        self.subscription.max_in_flight = 1
        first, second = self.event("WH/MO/00001"), self.event("WH/MO/00002")
        self.run_lane()
        self.assertEqual(self.subscription.state, "paused")
        self.assertIn("410", self.subscription.pause_reason)
        self.assertEqual((self.delivery(first).state, self.delivery(second).state), ("dead", "pending"))
        self.assertEqual(self.subscription.activity_ids.user_id, self.mes.owner_id)
        self.assertIn("410", "".join(self.subscription.message_ids.mapped("body")))

    def test_days_of_failure_pause_it_and_the_hook_is_told(self):
        told = []
        self.patch(type(self.subscription), "_on_stopped", lambda me, reason: told.append((me, reason)))
        self.health().write({"failures": 400, "failing_since": fields.Datetime.now() - timedelta(days=6)})
        self.env.flush_all()
        event = self.event()
        self.receiver.answers = [(500, {}, b"")]
        self.run_lane()
        self.assertEqual(self.subscription.state, "paused")
        self.assertEqual(self.delivery(event).state, "pending")
        self.assertEqual([subscription for subscription, _reason in told], [self.subscription])

    def test_what_dies_falls_back(self):
        spare = self.subscribe(
            name="Spare", url=f"{self.receiver.url}/spare", event_patterns="manufacturing.order.completed"
        )
        self.subscription.fallback_id = spare
        self.receiver.answers = [(400, {}, b"no")]
        event = self.event()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "dead")
        self.assertEqual(self.delivery(event, spare).state, "delivered")
        self.assertEqual(len(self.receiver.requests), 2)

    def test_those_who_asked_get_a_list_of_the_dead_once(self):
        self.subscription.fallback_email = "it@plant.example"
        self.receiver.answers = [(400, {}, b"no")] * 3
        for number in range(3):
            self.event(f"WH/MO/0004{number}")
        self.run_lane()
        self.run_lane()
        self.run_lane()
        mail = self.env["mail.mail"].search([("email_to", "=", "it@plant.example")])
        self.assertEqual(len(mail), 1)
        self.assertIn("WH/MO/00042", mail.body_html)
        self.assertIn("HTTP 400", mail.body_html)

    def test_subscriptions_do_not_fall_back_in_a_circle(self):
        spare = self.subscribe(name="Spare", fallback_id=self.subscription.id)
        with self.assertRaisesRegex(Exception, "cannot be the fallback of each other"):
            self.subscription.fallback_id = spare

    def test_counts_outlive_the_deliveries(self):
        self.receiver.answers = [(400, {}, b"no")]
        events = [self.event(f"WH/MO/{n:05}") for n in range(5)]
        self.run_lane()
        self.env.invalidate_all()
        self.assertEqual((self.subscription.delivered_count, self.subscription.dead_count), (4, 1))
        hours = self.env["integration.delivery.hour"].search([("subscription_id", "=", self.subscription.id)])
        self.assertEqual((sum(hours.mapped("delivered")), sum(hours.mapped("died"))), (4, 1))
        self.env.cr.execute("UPDATE integration_event SET occurred_at = '2020-01-01'")
        self.env["integration.event"]._let_go({}, 0)
        left = self.env["integration.delivery"].search([("event_id", "in", [e.id for e in events])])
        self.assertEqual(left.mapped("state"), ["dead"], "what is dead stays until a person decides")
        self.env.invalidate_all()
        self.assertEqual(self.subscription.delivered_count, 4)

    def test_retention_goes_by_the_type_and_leaves_what_is_not_delivered(self):
        self.subscription.event_patterns = "*"
        old, young, waiting = (self.event(f"WH/MO/0000{n}") for n in range(3))
        self.run_lane()
        days = {"manufacturing.order.released": 30}
        old.occurred_at = waiting.occurred_at = fields.Datetime.now() - timedelta(days=31)
        young.occurred_at = fields.Datetime.now() - timedelta(days=29)
        self.delivery(waiting).sudo().write({"state": "retrying"})
        self.env.flush_all()
        self.env["integration.event"]._let_go(days, 0)
        self.assertEqual((old + young + waiting).exists(), young + waiting)

    def test_retention_is_bounded_by_the_data_class(self):
        """What tells of people goes first, however long its type is kept."""
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda _me, _gone: 60)
        released = self.env["integration.event.type"].search(
            [("name", "=", "manufacturing.order.released"), ("direction", "=", "outbound")]
        ) or self.env["integration.event.type"].create(
            {"name": "manufacturing.order.released", "version": 1, "direction": "outbound"}
        )
        released.write({"retention_days": 365, "data_class": "internal"})
        self.env.ref("integration_core.retention_personal").days = 30
        event = self.event()
        self.run_lane()
        event.occurred_at = fields.Datetime.now() - timedelta(days=31)
        self.env.flush_all()
        self.env["integration.event"]._cron_retention()
        self.assertTrue(event.exists())
        self.assertEqual(released.kept_days, 365)
        released.data_class = "personal"
        self.assertEqual(released.kept_days, 30)
        self.env["integration.event"]._cron_retention()
        self.assertFalse(event.exists())

    def test_the_retention_cron_goes_on_batch_by_batch_until_its_time_is_up(self):
        events = [self.event(f"WH/MO/{n:05}") for n in range(7)]
        self.run_lane()
        self.env.cr.execute("UPDATE integration_event SET occurred_at = '2020-01-01'")
        self.patch(integration_event, "RETENTION_BATCH", 2)
        left = iter([60, 60, 0])
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda _me, _gone: next(left))
        existing = self.env["integration.event"].search_count([])
        self.env["integration.event"]._cron_retention()
        self.assertGreaterEqual(self.env["integration.event"].search_count([]), existing - 6)
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda _me, _gone: 60)
        self.env["integration.event"]._cron_retention()
        self.assertFalse(self.env["integration.event"].browse([e.id for e in events]).exists())
