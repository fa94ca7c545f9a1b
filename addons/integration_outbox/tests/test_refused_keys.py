from odoo import fields
from odoo.tests import tagged

from .common import OutboxCase

BAD = ("WH/MO/00007", "WH/MO/00009")


@tagged("post_install", "-at_install")
class TestRefusedKeys(OutboxCase):
    """A partner that refuses two orders is not away: the others go on."""

    def setUp(self):
        super().setUp()
        self.receiver.refuses = lambda _headers, body: any(bad.encode() in body for bad in BAD)
        self.addCleanup(setattr, self.receiver, "refuses", None)

    def again(self):
        self.env.cr.execute(
            "UPDATE integration_delivery SET next_attempt_at = '2026-01-01' WHERE state IN ('pending', 'retrying')"
        )
        self.env.invalidate_all()
        self.run_lane()

    def health(self):
        self.env.invalidate_all()
        return self.subscription.health_ids

    def test_two_bad_orders_block_nobody(self):
        bad = [self.event(reference) for reference in BAD]
        for _round in range(12):
            self.again()
        self.assertEqual(self.health().failures, 24)
        self.assertFalse(self.subscription.open_until, "twenty-four failures, of two keys")
        good = self.event("WH/MO/00010")
        self.run_lane()
        self.assertEqual(self.delivery(good).state, "delivered")
        self.assertEqual({self.delivery(event).state for event in bad}, {"retrying"})

    def test_a_probe_takes_a_key_that_has_not_failed(self):
        for reference in BAD:
            self.event(reference)
        self.run_lane()
        good = self.event("WH/MO/00010")
        self.env.cr.execute("UPDATE integration_delivery SET next_attempt_at = '2026-01-01'")
        # It was away, too, and the time is up: one request finds out.
        self.health().write({"open_until": "2026-01-01", "openings": 3})
        self.env.flush_all()
        self.receiver.requests.clear()
        self.run_lane()
        self.assertIn(b"WH/MO/00010", self.receiver.requests[0][1])
        self.assertEqual(self.delivery(good).state, "delivered")
        self.assertFalse(self.health().open_until)

    def test_retry_while_it_is_open_probes_at_once(self):
        event = self.event(BAD[0])
        self.run_lane()
        self.health().write({"open_until": fields.Datetime.add(fields.Datetime.now(), minutes=5)})
        self.env.flush_all()
        self.receiver.requests.clear()
        self.again()
        self.assertFalse(self.receiver.requests, "open: nobody asks")
        self.receiver.refuses = None
        self.delivery(event).with_user(self.operator()).action_retry()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "delivered")
        self.assertFalse(self.health().open_until)

    def test_in_order_a_key_that_fails_holds_only_itself(self):
        self.subscription.is_ordered = True
        first, second = self.event(BAD[0]), self.event(BAD[0])
        other = self.event("WH/MO/00010")
        self.run_lane()
        states = [self.delivery(event).state for event in (first, second, other)]
        self.assertEqual(states, ["retrying", "pending", "delivered"])

    def test_what_falls_back_to_an_ordered_subscription_keeps_its_order(self):
        spare = self.subscribe(
            name="Spare",
            is_ordered=True,
            url=f"{self.receiver.url}/spare",
            event_patterns="manufacturing.order.completed",
        )
        self.subscription.fallback_id = spare
        self.receiver.refuses = None
        self.receiver.answers = [(400, {}, b"no")] * 4
        events = [self.event("WH/MO/00007") for _n in range(4)]
        self.run_lane()
        with self.subTest("what the engine has to do next"):
            self.run_lane()
        sent = [headers["webhook-id"] for headers, _body in self.receiver.requests[4:]]
        self.assertEqual(sent, [event.event_id for event in events])
        self.assertEqual({self.delivery(event, spare).state for event in events}, {"delivered"})
        self.assertTrue(all(self.delivery(event, spare).position for event in events))
