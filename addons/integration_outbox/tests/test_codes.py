import json

from odoo.tests import tagged

from .common import OutboxCase


@tagged("post_install", "-at_install")
class TestCodes(OutboxCase):
    """What is sent carries the receiver's own codes; what has none fails with its name, and goes out when mapped."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.list = cls.env["integration.code.list"].create({"name": "Units", "code": "unit"})
        cls.subscription.write(
            {"body_mode": "mapped", "mapping_expression": '{"unit": $code("unit", data.quantity.unit)}'}
        )

    def map(self, value, external, **values):
        return self.env["integration.code"].create(
            {
                "list_id": self.list.id,
                "system_id": self.mes.id,
                "external_value": external,
                "value": value,
                **values,
            }
        )

    def sent(self):
        return [json.loads(body) for *_rest, body in self.receiver.requests]

    def test_a_mapping_sends_the_receivers_code(self):
        self.map("C62", "STK")
        self.event()
        self.run_lane()
        self.assertEqual(self.sent(), [{"unit": "STK"}])

    def test_a_filter_asks_a_code_list(self):
        self.map("C62", "STK")
        self.subscription.filter_expression = '$code("unit", data.quantity.unit) = "KG"'
        event = self.event()
        self.run_lane()
        self.assertFalse(self.sent())
        self.assertNotEqual(self.delivery(event).state, "dead")

    def test_what_has_no_code_fails_is_collected_and_is_sent_when_mapped(self):
        event = self.event()
        self.run_lane()
        self.env.invalidate_all()
        delivery = self.delivery(event)
        self.assertEqual(delivery.state, "dead")
        self.assertIn("code list unit has no value for C62", delivery.reason)
        self.env["integration.code"]._collect()
        code = self.env["integration.code"].search([("state", "=", "unmapped"), ("value", "=", "C62")])
        self.assertEqual((code.system_id, code.direction, code.seen_count), (self.mes, "out", 1))
        code.with_user(self.operator()).external_value = "STK"
        self.run_lane()
        self.env.invalidate_all()
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual(self.sent(), [{"unit": "STK"}])

    def test_a_worker_reads_the_lists_anew_when_they_change(self):
        before = self.subscription.write_date
        self.map("C62", "STK")
        self.assertGreater(self.subscription.write_date, before)
