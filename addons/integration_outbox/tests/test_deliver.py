import json

from cloudevents.http import from_http
from standardwebhooks.webhooks import Webhook

from odoo.tests import tagged

from ..engine import deliveries, lane, send
from ..engine.fanout import fan_out
from ..engine.outcome import Outcome
from ..engine.settle import settle
from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestDeliver(OutboxCase):
    def test_a_partner_verifies_and_reads_what_is_sent(self):
        event = self.event()
        self.run_lane()
        ((headers, body),) = self.receiver.requests
        Webhook(self.secret).verify(body, headers)
        received = from_http({k.lower(): v for k, v in headers.items()}, body)
        self.assertEqual(received["id"], headers["webhook-id"])
        self.assertEqual(received["id"], event.event_id)
        self.assertEqual(received["type"], "manufacturing.order.released")
        self.assertEqual(received["subject"], "WH/MO/00042")
        self.assertEqual(received["partitionkey"], "WH/MO/00042")
        self.assertEqual(received["time"], "2026-11-21T05:30:00Z")
        self.assertTrue(received["dataschema"].endswith("manufacturing.order.released/v1"))
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        self.assertEqual(received["source"], f"/odoo/{uuid}/{self.company.id}")
        self.assertEqual(received.data["quantity"], {"value": 12, "unit": "C62"})

    def test_a_delivery_that_succeeds_is_noted_with_its_attempt(self):
        event = self.event()
        self.run_lane()
        delivery = self.delivery(event)
        self.assertEqual(
            (delivery.state, delivery.attempt_count, delivery.status_code), ("delivered", 1, 200)
        )
        self.assertEqual(event.state, "dispatched")
        attempt = delivery.attempt_ids
        self.assertTrue(attempt.is_success)
        self.assertEqual((attempt.number, attempt.status_code, attempt.response_body), (1, 200, "ok"))

    def test_an_attempt_masks_the_signature(self):
        event = self.event()
        self.run_lane()
        headers = json.loads(self.delivery(event).attempt_ids.request_headers)
        self.assertEqual(headers["webhook-signature"], "•••")
        self.assertEqual(headers["webhook-id"], event.event_id)

    def test_only_what_a_subscription_wants_is_sent(self):
        self.subscription.event_patterns = "manufacturing.order.*"
        wanted, other = self.event(), self.event(name="quality.hold.raised")
        self.run_lane()
        self.assertEqual(self.delivery(wanted).state, "delivered")
        self.assertFalse(self.delivery(other))
        self.assertEqual(other.state, "dispatched")

    def test_another_company_gets_nothing(self):
        other = self.env["res.company"].create({"name": "Plant Gdańsk"})
        event = self.event(company_id=other.id)
        self.run_lane()
        self.assertEqual(event.state, "dispatched")
        self.assertFalse(self.receiver.requests)

    def test_every_subscription_gets_its_own_delivery_once(self):
        second = self.subscribe(name="Archive")
        event = self.event()
        self.run_lane()
        self.run_lane()
        self.assertEqual(len(self.receiver.requests), 2)
        for subscription in (self.subscription, second):
            self.assertEqual(self.delivery(event, subscription).state, "delivered")

    def test_a_failure_is_retried_with_the_same_id_until_it_succeeds(self):
        event = self.event()
        self.receiver.answers = [(500, {}, b"boom"), (503, {}, b"")]
        for state in ("retrying", "retrying", "delivered"):
            self.run_lane()
            delivery = self.delivery(event)
            self.assertEqual(delivery.state, state)
            delivery.sudo().next_attempt_at = "2026-01-01"
            self.env.flush_all()
        self.assertEqual([a.status_code for a in delivery.attempt_ids.sorted("number")], [500, 503, 200])
        self.assertEqual({h["webhook-id"] for h, _body in self.receiver.requests}, {event.event_id})

    def test_a_permanent_answer_goes_to_the_dead_letters_with_its_reason(self):
        event = self.event()
        self.receiver.answers = [(404, {}, b"no such hook")]
        self.run_lane()
        delivery = self.delivery(event)
        self.assertEqual((delivery.state, delivery.reason), ("dead", "HTTP 404"))
        self.assertEqual(delivery.attempt_ids.response_body, "no such hook")

    def test_a_redirect_is_not_followed(self):
        event = self.event()
        self.receiver.answers = [(301, {"location": "http://169.254.169.254/latest"}, b"")]
        self.run_lane()
        self.assertEqual(len(self.receiver.requests), 1)
        self.assertIn("redirects are not followed", self.delivery(event).reason)

    def test_a_private_address_is_not_called_unless_it_is_named(self):
        self.mes.allowed_networks = False
        event = self.event()
        self.run_lane()
        self.assertFalse(self.receiver.requests)
        delivery = self.delivery(event)
        self.assertEqual(delivery.state, "retrying")
        self.assertIn("127.0.0.1 is a private or special address", delivery.reason)

    def test_a_name_that_resolves_inside_is_not_called(self):
        self.subscription.url = self.receiver.url.replace("127.0.0.1", "localhost")
        self.mes.allowed_networks = "10.0.0.0/8"
        event = self.event()
        self.run_lane()
        self.assertFalse(self.receiver.requests)
        self.assertIn("private or special address", self.delivery(event).reason)

    def test_a_kept_connection_is_no_way_around_the_network_rule(self):
        """Two systems, one host: what one may reach, the other may not, in the same second."""
        other = self.system("Other", allowed_networks="127.0.0.0/8")
        other.action_new_signing_secret()
        forbidden = self.subscribe(name="Forbidden", system_id=other.id)
        other.allowed_networks = "10.0.0.0/8"
        events = self.event(), self.event("WH/MO/00043")
        self.run_lane()
        self.assertEqual(len(self.receiver.requests), 2)
        for event in events:
            self.assertEqual(self.delivery(event).state, "delivered")
            self.assertEqual(self.delivery(event, forbidden).state, "retrying")

    def test_a_huge_answer_is_cut_off_and_its_status_counts(self):
        event = self.event()
        self.receiver.answers = [(200, {}, b"x" * (send.READ_BYTES * 20))]
        self.run_lane()
        attempt = self.delivery(event).attempt_ids
        self.assertTrue(attempt.is_success)
        self.assertEqual(len(attempt.response_body), send.KEEP_BYTES)

    def test_without_a_secret_events_wait(self):
        self.mes.credential_ids.action_revoke()
        event = self.event()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "pending")
        self.mes.action_new_signing_secret()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "delivered")

    def test_while_a_secret_is_rotated_both_fit(self):
        new = self.mes.action_new_signing_secret()["params"]["secret"]
        self.event()
        self.run_lane()
        ((headers, body),) = self.receiver.requests
        for secret in (self.secret, new):
            Webhook(secret).verify(body, headers)

    def test_a_changed_address_applies_to_what_waits(self):
        self.subscription.url = "http://127.0.0.1:9/hook"
        event = self.event()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "retrying")
        self.subscription.url = self.receiver.url
        self.delivery(event).action_retry()
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "delivered")

    def test_what_a_dead_worker_held_is_sent_by_another(self):
        event = self.event()
        with self.enter_registry_test_mode():
            doomed = lane.OutboxLane(self.registry)
            doomed._do_chores()
            with self.registry.cursor() as cr:
                fan_out(cr)
                taken = deliveries.claim(cr, [(c, 5) for c in doomed.channels.all.values()], "plant-srv-1:99")
        self.assertEqual(len(taken), 1)
        self.run_lane()
        self.assertEqual(self.delivery(event).state, "sending", "its lease still holds")
        self.env.cr.execute("UPDATE integration_delivery SET lease_until = '2026-01-01'")
        self.run_lane()
        delivery = self.delivery(event)
        self.assertEqual(delivery.state, "delivered")
        self.assertIn("worker stopped", delivery.attempt_ids.sorted("id")[0].reason)

    def test_a_worker_whose_lease_ran_out_changes_nothing(self):
        event = self.event()
        self.run_lane()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            row = deliveries.Claimed._make([None] * len(deliveries.Claimed._fields))
            row = row._replace(id=self.delivery(event).id, attempt=1, is_ordered=False)
            job = lane.Job([row], None, "http://late.example/", "{}")
            response = send.Response(500, "late", 0, 1, {}, "")
            settle(cr, "late-worker", [(job, row, response, Outcome("retrying", 5, "late", True))])
        self.assertEqual(self.delivery(event).state, "delivered")

    def test_a_subscription_made_a_moment_ago_misses_nothing(self):
        """A running lane reads the channels once a second; what events wait for, it reads each time."""
        with self.enter_registry_test_mode():
            running = lane.OutboxLane(self.registry)
            while running.run_once():
                pass
            late = self.subscribe(name="Made a moment ago")
            event = self.event()
            while running.run_once():
                pass
            running.drain()
        self.assertEqual(event.state, "dispatched")
        self.assertTrue(self.delivery(event, late))
