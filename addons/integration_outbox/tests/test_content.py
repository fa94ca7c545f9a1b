import json

from cloudevents.http import from_http, from_json
from standardwebhooks.webhooks import Webhook

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestContent(OutboxCase):
    """What a subscription makes of an event."""

    def sent(self):
        ((headers, body),) = self.receiver.requests
        Webhook(self.secret).verify(body, headers)
        return {name.lower(): value for name, value in headers.items()}, body

    def test_a_mapped_body_is_what_the_expression_yields(self):
        self.subscription.write(
            {
                "body_mode": "mapped",
                "mapping_expression": '{"order": data.reference, "pieces": data.quantity.value}',
            }
        )
        self.event()
        self.run_lane()
        headers, body = self.sent()
        self.assertEqual(json.loads(body), {"order": "WH/MO/00042", "pieces": 12})
        self.assertEqual(headers["content-type"], "application/json")

    def test_binary_mode_has_the_attributes_in_the_headers(self):
        self.subscription.body_mode = "binary"
        event = self.event("WH/MO/Größe 42")
        self.run_lane()
        headers, body = self.sent()
        received = from_http(headers, body)
        self.assertEqual(received["id"], event.event_id)
        self.assertEqual(received["type"], "manufacturing.order.released")
        self.assertEqual(headers["ce-subject"], "WH/MO/Gr%C3%B6%C3%9Fe%2042")
        self.assertEqual(received.data["quantity"], {"value": 12, "unit": "C62"})

    def test_a_line_break_in_a_reference_starts_no_header(self):
        self.subscription.body_mode = "binary"
        self.event("WH/MO/1\r\nX-Admin: 100%")
        self.run_lane()
        headers, _body = self.sent()
        self.assertEqual(headers["ce-subject"], "WH/MO/1%0D%0AX-Admin:%20100%25")
        self.assertNotIn("x-admin", headers)

    def test_one_event_that_cannot_be_mapped_does_not_take_its_batch_along(self):
        self.subscription.write(
            {
                "batch_size": 5,
                "batch_wait_s": 0,
                "body_mode": "mapped",
                "mapping_expression": '{"half": $sqrt(data.value)}',
            }
        )
        good = [self.event(f"WH/MO/{n}", data='{"value": 16}') for n in range(2)]
        bad = self.event("WH/MO/9", data='{"value": "many"}')
        self.run_lane()
        self.assertEqual([self.delivery(e).state for e in (*good, bad)], ["delivered", "delivered", "dead"])
        self.assertEqual(json.loads(self.sent()[1]), [{"half": 4}, {"half": 4}])

    def test_extra_headers_are_sent(self):
        self.subscription.extra_headers = "X-Plant: Halle 3\nX-Line: 7"
        self.event()
        self.run_lane()
        headers, _body = self.sent()
        self.assertEqual((headers["x-plant"], headers["x-line"]), ("Halle 3", "7"))

    def test_a_filter_decides_what_is_sent(self):
        self.subscription.filter_expression = "data.quantity.value > 10"
        small = self.event(data='{"reference": "WH/MO/1", "quantity": {"value": 3}}')
        large = self.event()
        self.run_lane()
        self.assertEqual(len(self.receiver.requests), 1)
        self.assertEqual(self.delivery(large).state, "delivered")
        self.assertFalse(self.delivery(small))
        self.assertEqual(self.subscription.waiting_count, 0)

    def test_a_changed_mapping_applies_to_what_waits(self):
        self.subscription.hold_until = "2030-01-01"
        self.event()
        self.run_lane()
        self.subscription.write(
            {"hold_until": False, "body_mode": "mapped", "mapping_expression": '{"v": 2}'}
        )
        self.run_lane()
        self.assertEqual(json.loads(self.sent()[1]), {"v": 2})

    def test_an_event_that_the_mapping_cannot_take_is_dead_with_its_reason(self):
        self.subscription.write({"body_mode": "mapped", "mapping_expression": '{"half": $sqrt(data.value)}'})
        event = self.event(data='{"reference": "WH/MO/1", "value": "many"}')
        self.run_lane()
        delivery = self.delivery(event)
        self.assertEqual(delivery.state, "dead")
        self.assertIn("The mapping failed", delivery.reason)
        self.assertFalse(self.receiver.requests)

    def test_batches_share_a_request_and_are_signed_as_one(self):
        self.subscription.write({"batch_size": 5, "batch_wait_s": 0})
        events = [self.event(f"WH/MO/{n:05}") for n in range(7)]
        self.run_lane()
        self.assertEqual([self.delivery(e).state for e in events], ["delivered"] * 7)
        sizes = []
        for headers, body in self.receiver.requests:
            Webhook(self.secret).verify(body, headers)
            self.assertEqual(headers["content-type"], "application/cloudevents-batch+json")
            batch = [from_json(json.dumps(part)) for part in json.loads(body)]
            sizes.append(len(batch))
        self.assertEqual(sorted(sizes), [2, 5])

    def test_a_batch_waits_for_its_time_or_until_it_is_full(self):
        self.subscription.write({"batch_size": 3, "batch_wait_s": 600})
        self.event("WH/MO/00001")
        self.event("WH/MO/00002")
        self.run_lane()
        self.assertFalse(self.receiver.requests)
        self.event("WH/MO/00003")
        self.run_lane()
        self.assertEqual([len(json.loads(body)) for _h, body in self.receiver.requests], [3])

    def test_a_batch_that_fails_is_sent_again_under_the_same_id(self):
        self.subscription.write({"batch_size": 3, "batch_wait_s": 0})
        events = [self.event(f"WH/MO/{n:05}") for n in range(3)]
        self.receiver.answers = [(503, {}, b"")]
        self.run_lane()
        self.env["integration.delivery"].search([("event_id", "in", [e.id for e in events])]).sudo().write(
            {"next_attempt_at": "2026-01-01"}
        )
        self.env.flush_all()
        self.run_lane()
        ids = [headers["webhook-id"] for headers, _body in self.receiver.requests]
        self.assertEqual(len(ids), 2)
        self.assertEqual(len(set(ids)), 1)

    def test_bad_configuration_is_refused_at_its_field(self):
        self.event()
        for values, says in (
            ({"filter_expression": "data.("}, "Filter: .*character 6"),
            ({"filter_expression": "($f := function($x){$f($x)}; $f(1))"}, "Filter: it ran longer"),
            ({"body_mode": "mapped"}, "Mapping: it is empty"),
            ({"body_mode": "mapped", "mapping_expression": "nothing.here"}, "Mapping: it yields nothing"),
            (
                {"body_mode": "mapped", "mapping_expression": "function(){1}"},
                "Mapping: what it yields is not JSON",
            ),
            ({"filter_expression": "/(?=x)/"}, "Filter: .*linear time"),
            ({"extra_headers": "X-Plant"}, "Extra headers: 'X-Plant' is not a header"),
            ({"extra_headers": "webhook-id: 1"}, "Extra headers: webhook-id is set automatically"),
            (
                {"extra_headers": "Content-Encoding: gzip"},
                "content-encoding is not allowed: the partner could not",
            ),
            ({"extra_headers": "TE: trailers"}, "te is not allowed: the partner could not read"),
            ({"event_patterns": "manufacturng.*"}, "the event catalog has no event type manufacturng"),
            ({"retry_schedule": "soon"}, "Retry schedule: 'soon' is no duration"),
            ({"hours_text": "always"}, "Active hours: 'always' cannot be read"),
            ({"batch_size": 5, "body_mode": "binary"}, "Batches: "),
        ):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, says), self.env.cr.savepoint():
                self.subscription.write(values)

    def test_extra_headers_are_no_place_for_secrets(self):
        for name in (
            "X-Auth-Token", "X-Api-Key", "Ocp-Apim-Subscription-Key", "apikey", "X-Client-Secret", "X-Password",
            "X-Session-ID", "Authentication", "X-Amz-Security-Token", "X-Hub-Signature",
        ):  # fmt: skip
            with (
                self.subTest(name),
                self.assertRaisesRegex(ValidationError, "holds a secret"),
                self.env.cr.savepoint(),
            ):
                self.subscription.extra_headers = f"{name}: 7f3a99c1"
        self.subscription.extra_headers = "X-Author: Odoo\nX-Routing-Key: halle-3\nX-Keyword: steel"

    def test_the_preview_shows_what_a_real_event_becomes(self):
        self.event()
        form = self.subscription.new(origin=self.subscription)
        form.update({"body_mode": "mapped", "mapping_expression": '{"order": data.reference}'})
        self.assertEqual(json.loads(form.preview), {"order": "WH/MO/00042"})
        form.mapping_expression = "data.("
        self.assertFalse(form.preview)
        self.assertIn("character 6", form.preview_problem)

    def test_a_test_is_signed_and_shows_the_answer(self):
        test = self.env["integration.subscription.test"].create({"subscription_id": self.subscription.id})
        test.action_send()
        headers, body = self.sent()
        self.assertEqual(from_http(headers, body)["type"], "integration.ping")
        self.assertEqual((test.is_success, test.outcome, test.response_body), (True, "HTTP 200", "ok"))
        self.assertIn("webhook-signature: •••", test.request_headers)
        self.assertFalse(
            self.env["integration.delivery"].search([("subscription_id", "=", self.subscription.id)])
        )

    def test_a_partner_can_be_sent_an_example_of_any_event(self):
        event_type = self.env["integration.event.type"].create(
            {
                "name": "quality.hold.raised",
                "version": 1,
                "direction": "outbound",
                "schema": json.dumps(
                    {
                        "type": "object",
                        "properties": {
                            "lot": {"type": "string", "examples": ["L-2611-7"]},
                            "quantity": {"$ref": "#/$defs/Quantity"},
                        },
                        "$defs": {
                            "Quantity": {"type": "object", "properties": {"value": {"type": "number"}}}
                        },
                    }
                ),
            }
        )
        test = self.env["integration.subscription.test"].create(
            {"subscription_id": self.subscription.id, "event_type_id": event_type.id}
        )
        self.receiver.answers = [(422, {}, b"unknown lot")]
        test.action_send()
        _headers, body = self.sent()
        self.assertEqual(json.loads(body)["data"], {"lot": "L-2611-7", "quantity": {"value": 1}})
        self.assertEqual((test.is_success, test.outcome), (False, "HTTP 422"))
