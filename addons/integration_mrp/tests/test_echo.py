from odoo.tests import tagged

from odoo.addons.integration_outbox.engine.fanout import fan_out

from .common import ReportsCase


@tagged("post_install", "-at_install")
class TestEcho(ReportsCase):
    """A system is not told what it has just told us, unless it asks; everybody else is."""

    def subscribe(self, system, **values):
        return self.env["integration.subscription"].create(
            {
                "name": f"Everything to {system.name}",
                "system_id": system.id,
                "url": "https://mes.example.com/webhooks",
                "event_patterns": "manufacturing.*",
                **values,
            }
        )

    def told(self, subscription):
        self.env.flush_all()
        fan_out(self.env.cr)
        self.env.invalidate_all()
        deliveries = self.env["integration.delivery"].search([("subscription_id", "=", subscription.id)])
        return set(deliveries.event_id.mapped("type"))

    def test_the_reporter_does_not_hear_its_own_report(self):
        mine, asked = self.subscribe(self.mes), self.subscribe(self.mes, name="Asked", is_echoed=True)
        other = self.subscribe(self.system("WMS Nord"))
        order = self.order()
        self.env.cr.flush()
        self.start(order)
        started = "manufacturing.workorder.started"
        event = self.env["integration.event"].search(
            [("type", "=", started), ("origin_system_id", "=", self.mes.id)]
        )
        self.assertTrue(event, "the event is there, and says who caused it")
        self.assertNotIn(started, self.told(mine))
        self.assertIn(started, self.told(asked))
        self.assertIn(started, self.told(other))
        self.assertIn("manufacturing.order.released", self.told(mine), "what people did it hears of")
