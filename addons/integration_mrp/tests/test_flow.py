import json

from odoo.tests import HttpCase, tagged

from .common import PlantCase

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@tagged("post_install", "-at_install")
class TestFlow(PlantCase, HttpCase):
    """An HTTP request's trace goes on in the events that it causes."""

    def confirm(self, **headers):
        user = self.user("petra.planner", "mrp.group_mrp_user", "stock.group_stock_user")
        order = self.order(confirm=False)
        self.authenticate(user.login, user.login)
        answer = self.url_open(
            "/web/dataset/call_kw/mrp.production/action_confirm",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "params": {
                        "model": "mrp.production",
                        "method": "action_confirm",
                        "args": [order.ids],
                        "kwargs": {},
                    },
                }
            ),
            headers={"Content-Type": "application/json", **headers},
        )
        self.assertNotIn("error", answer.json())
        return self.env["integration.event"].search(
            [("subject", "=", order.name), ("type", "=", "manufacturing.order.released")]
        )

    def test_trace_correlation_and_cause_are_the_requests(self):
        event = self.confirm(
            **{"traceparent": TRACE, "X-Correlation-ID": "plan-2611", "X-Request-ID": "req-7"}
        )
        self.assertEqual(event.traceparent, TRACE)
        self.assertEqual((event.correlation_id, event.causation_id), ("plan-2611", "req-7"))

    def test_what_cannot_be_trusted_in_a_header_is_left_out(self):
        event = self.confirm(**{"traceparent": "00-0-0-01", "X-Correlation-ID": "a b<script>"})
        self.assertFalse(event.traceparent)
        self.assertEqual(event.correlation_id, event.event_id)
