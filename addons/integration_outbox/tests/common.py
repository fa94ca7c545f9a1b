import json

from odoo.addons.integration_core.testing import IntegrationCase

from .. import emission
from ..testing import Emitting, Receiver, Sending


class OutboxCase(Emitting, Sending, IntegrationCase):
    """A system with a signing secret, a subscription to everything, and a partner's server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.close)
        # Others' subscriptions, of demo data, would get what is emitted here as well.
        cls.env["integration.subscription"].search([]).active = False
        cls.mes = cls.system("MES Halle 3", allowed_networks="127.0.0.0/8")
        cls.secret = cls.mes.action_new_signing_secret()["params"]["secret"]
        cls.subscription = cls.subscribe()

    def setUp(self):
        super().setUp()
        self.receiver.requests.clear()
        self.receiver.answers.clear()
        self.receiver.echo = None
        self.without_jitter()

    @classmethod
    def subscribe(cls, **values):
        return cls.env["integration.subscription"].create(
            {
                "name": "Orders",
                "system_id": cls.mes.id,
                "url": cls.receiver.url,
                "event_patterns": "*",
                "state": "active",
                "timeout_s": 2,
                **values,
            }
        )

    def event(self, reference="WH/MO/00042", name="manufacturing.order.released", **values):
        event = self.env["integration.event"].create(
            {
                "event_id": emission.event_id(),
                "type": name,
                "version": 1,
                "company_id": self.company.id,
                "occurred_at": "2026-11-21 05:30:00",
                "subject": reference,
                "partition_key": reference,
                "data": json.dumps({"reference": reference, "quantity": {"value": 12, "unit": "C62"}}),
                **values,
            }
        )
        if not event.error:
            event._mark_pending()
        self.env.flush_all()
        return event

    def delivery(self, event, subscription=None):
        return self.env["integration.delivery"].search(
            [
                ("event_id", "=", event.id),
                ("subscription_id", "=", (subscription or self.subscription).id),
            ]
        )
