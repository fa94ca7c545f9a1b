import json
import time

from odoo import SUPERUSER_ID

from odoo.addons.integration_core.wire import standard_webhooks

from ..accept import accept
from ..engine.lane import InboxLane
from ..verification import Request


class Reporting:
    """Mixin of a test case with a system that posts signed messages, and assertions on them.

    >>> class TestReports(Reporting, IntegrationCase):
    ...     def test_a_report_is_applied(self):
    ...         self.connect(self.system("MES Halle 3"), "mrp.group_mrp_user")
    ...         message = self.post("execution.order.completed", {"order": "WH/MO/00012"}, subject="WH/MO/00012")
    ...         self.assert_outcome(message, "processed")
    """

    _posted = 0

    @classmethod
    def connect(cls, system, *groups, **values):
        """Give a system a service user with these groups, an endpoint, and a secret to sign with."""
        if not system.user_id:
            system.action_create_service_user()
        for group in groups:
            system.user_id.group_ids += cls.env.ref(group)
        cls.key = standard_webhooks.key_of(system.action_new_verification_secret()["params"]["secret"])
        cls.endpoint = cls.env["integration.endpoint"].create(
            {"name": "Reports", "system_id": system.id, **values}
        )
        return cls.endpoint

    def post(self, kind, data, subject=None, **attributes):
        """Accept and apply one signed CloudEvent. :return: its message."""
        message_id = self.accept_post(kind, data, subject, **attributes)
        self.run_inbox()
        return self.env["integration.message"].search([("message_id", "=", message_id)])

    def accept_post(self, kind, data, subject=None, **attributes):
        """Accept one signed CloudEvent, and apply nothing yet. :return: the id of its message."""
        type(self)._posted += 1
        message_id = f"msg_{self._posted}"
        event = {
            "specversion": "1.0",
            "id": message_id,
            "source": "/partner",
            "type": kind,
            "subject": subject,
            "data": data,
            **attributes,
        }
        body = json.dumps({name: value for name, value in event.items() if value is not None}).encode()
        headers = {
            "content-type": "application/cloudevents+json",
            **standard_webhooks.sign([self.key], message_id, int(time.time()), body),
        }
        request = Request(headers, body, "10.1.2.3")
        answer = accept(self.env(user=SUPERUSER_ID), self.env.cr, self.endpoint.token, request)
        self.assertEqual(answer.status, 202, answer.body)
        return message_id

    def run_inbox(self):
        """The engine until nothing is due, as a cron runs it."""
        with self.enter_registry_test_mode():
            lane = InboxLane(self.registry)
            try:
                while lane.run_once():
                    pass
            finally:
                lane.close()

    def assert_outcome(self, message, state, says=""):
        self.assertEqual(message.state, state, message.reason)
        if says:
            self.assertIn(says, message.reason)
