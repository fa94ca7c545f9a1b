from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..reply import sentence
from .common import OutboxCase


class ScreensCase(OutboxCase):
    def catalog(self, *names):
        for name in names:
            self.env["integration.event.type"].create(
                {"name": name, "version": 1, "direction": "outbound", "schema": '{"type": "object"}'}
            )
        return self.env["integration.event.type"].search([("name", "in", names)], order="name")

    def later(self, **delta):
        return fields.Datetime.add(fields.Datetime.now(), **delta)


@tagged("post_install", "-at_install")
class TestSubscriptionForm(ScreensCase):
    def test_a_new_subscription_is_paused_and_empty(self):
        subscription = self.env["integration.subscription"].new({})
        self.assertEqual((subscription.state, subscription.event_patterns), ("paused", False))

    def test_a_subscription_is_saved_together_with_its_new_system(self):
        self.catalog("test.lot.held")
        with Form(self.env["integration.system"]) as system:
            system.name = "WMS Hamburg"
            with system.subscription_ids.new() as subscription:
                subscription.name = "Stock"
                subscription.url = "https://wms.example.com/in"
                subscription.event_patterns = "test.*"
        made = system.record.subscription_ids
        self.assertEqual(
            (made.system_id, made.company_id, made.state), (system.record, self.company, "paused")
        )

    def test_tags_and_patterns_are_one(self):
        held, moved = self.catalog("test.lot.held", "test.lot.moved")
        with Form(self.subscription) as form:
            form.event_patterns = "manual.*\ntest.lot.held"
            self.assertEqual(form.event_type_ids.ids, held.ids)
            form.event_type_ids.add(moved)
            self.assertEqual(form.event_patterns, "manual.*\ntest.lot.held\ntest.lot.moved")
            form.event_type_ids.remove(id=held.id)
            self.assertEqual(form.event_patterns, "manual.*\ntest.lot.moved")
            form.event_patterns = "test.*\ntest.lot.moved"
        self.assertEqual(self.subscription.event_patterns, "test.*\ntest.lot.moved")
        self.assertEqual(self.subscription.event_type_ids, moved)

    def test_it_counts_what_it_delivers_and_shows_it(self):
        held, moved = self.catalog("test.lot.held", "test.lot.moved")
        self.subscription.event_patterns = "test.*"
        self.assertRegex(self.subscription.matching_types, r"^2 of \d+$")
        action = self.subscription.action_open_types()
        self.assertEqual(self.env["integration.event.type"].search(action["domain"]), held + moved)

    def test_a_test_offers_only_what_is_delivered(self):
        held, other = self.catalog("test.lot.held", "test2.order.paid")
        self.subscription.event_patterns = "test.*"
        test = self.env["integration.subscription.test"].create({"subscription_id": self.subscription.id})
        self.assertEqual(test.wanted_type_ids, held)
        test.event_type_id = other
        with self.assertRaisesRegex(UserError, "does not deliver test2.order.paid"):
            test.action_send()


@tagged("post_install", "-at_install")
class TestStatus(ScreensCase):
    """What an event and a delivery say of themselves."""

    def status(self, event):
        self.env.invalidate_all()
        return event.delivery_status, event.delivered_text

    def test_an_event_shows_how_many_got_it(self):
        second = self.subscribe(name="Archive", url=f"{self.receiver.url}/archive")
        event = self.event()
        self.assertEqual(self.status(event), ("pending", False))
        second.hold_until = "2030-01-01"
        self.run_lane()
        self.assertEqual(self.status(event), ("progress", "1/2"))
        self.delivery(event, second).state = "dead"
        self.assertEqual(self.status(event), ("failed", "1/2"))
        self.delivery(event, second).state = "delivered"
        self.assertEqual(self.status(event), ("delivered", "2/2"))
        self.delivery(event).unlink()
        self.delivery(event, second).unlink()
        self.assertEqual(self.status(event), ("unwanted", False))

    def reason(self, event):
        self.env.invalidate_all()
        return self.delivery(event).with_user(self.operator()).wait_reason

    def test_a_waiting_delivery_says_what_it_waits_for(self):
        self.subscription.hold_until = "2030-01-01"
        event = self.event()
        self.run_lane()
        self.assertIn("Planned downtime until", self.reason(event))
        self.subscription.write({"hold_until": False, "hours_text": "Mon-Sun 00:00-00:01", "hours_tz": "UTC"})
        self.assertIn("Outside active hours (Mon-Sun 00:00-00:01, UTC)", self.reason(event))
        self.subscription.hours_text = False
        self.subscription.health_ids.open_until = self.later(minutes=7)
        self.assertRegex(self.reason(event), "On hold: MES Halle 3.* is unavailable, next attempt .*")
        self.subscription.health_ids.open_until = False
        self.delivery(event).next_attempt_at = self.later(minutes=-1)
        self.assertEqual(self.reason(event), "Queued: due now.")
        self.subscription.action_pause()
        self.assertEqual(self.reason(event), "Subscription is paused.")
        self.mes.action_suspend()
        self.assertRegex(self.reason(event), "MES Halle 3.* is suspended.")
        self.mes.active = False
        self.assertRegex(self.reason(event), "MES Halle 3.* is archived.")

    def test_one_that_is_retried_says_which_attempt_comes_when_and_not_after_it_came(self):
        self.receiver.answers = [(503, {"Retry-After": "600"}, b"")]
        event = self.event()
        self.run_lane()
        self.subscription.health_ids.open_until = False
        self.assertRegex(self.reason(event), r"Attempt 2 of 24 at ")
        self.delivery(event).next_attempt_at = self.later(minutes=-2)
        self.assertEqual(self.reason(event), "Queued: due now.")

    def test_one_behind_another_names_it(self):
        self.subscription.is_ordered = True
        self.receiver.answers = [(400, {}, b"no")]
        _first, second = self.event(), self.event()
        self.run_lane()
        self.assertRegex(
            self.reason(second),
            "Waits for WH/MO/00042 · manufacturing.order.released of the same key, which failed. Retry or cancel",
        )

    def test_a_failed_delivery_shows_the_partners_sentence(self):
        self.receiver.answers = [(422, {}, b'{"title": "Unknown", "detail": "location HAM-07 is unknown"}')]
        event = self.event()
        self.run_lane()
        delivery = self.delivery(event).with_user(self.operator())
        self.assertEqual(delivery.response_text, "location HAM-07 is unknown")
        self.assertEqual(delivery.attempt_ids.result, "failure")

    def test_every_list_of_the_suite_has_a_path_of_its_own(self):
        actions = self.env["ir.actions.act_window"].search([("res_model", "=like", "integration.%")])
        menus = self.env["ir.ui.menu"].search([]).mapped("action")
        named = [a for a in menus if a and a._name == "ir.actions.act_window" and a in actions]
        self.assertFalse([a.name for a in named if not a.path and a.target != "new"])
        self.assertIn("integration-deliveries", [a.path for a in named])


@tagged("post_install", "-at_install")
class TestSentence(OutboxCase):
    def test_the_error_text_is_found_in_what_partners_send(self):
        for body, text in (
            ('{"detail": "lot L-7 is blocked", "status": 422}', "lot L-7 is blocked"),
            ('{"error": {"code": 7, "message": "no such order"}}', "no such order"),
            ('{"errors": [{"message": "a"}, {"message": "b"}]}', "a; b"),
            ("<html><style>p {}</style><h1>Bad\n Gateway</h1></html>", "Bad Gateway"),
            ("plain", "plain"),
            ('{"cut": "of', '{"cut": "of'),
            ("", ""),
            (False, ""),
            ("x" * 400, "x" * 299 + "…"),
        ):
            self.assertEqual(sentence(body), text)
