from ..engine.fanout import fan_out
from ..engine.lane import OutboxLane


class Sending:
    """Mixin of a test case: subscriptions, what they are told, and the engine."""

    @classmethod
    def subscription_of(cls, system, patterns="*", **values):
        return cls.env["integration.subscription"].create(
            {
                "name": f"{patterns} to {system.name}",
                "system_id": system.id,
                "url": "https://partner.example.com/webhooks",
                "event_patterns": patterns,
                "state": "active",
                **values,
            }
        )

    def told(self, subscription):
        """The events that a subscription has deliveries of, oldest first, once the engine has handed them out."""
        self.env.flush_all()
        fan_out(self.env.cr)
        self.env.invalidate_all()
        deliveries = self.env["integration.delivery"].search([("subscription_id", "=", subscription.id)])
        return deliveries.event_id.sorted("id")

    def run_lane(self):
        """The engine until nothing is due, as a cron runs it."""
        with self.enter_registry_test_mode():
            lane = OutboxLane(self.registry)
            while lane.run_once():
                pass
            lane.drain()
            lane.close()
