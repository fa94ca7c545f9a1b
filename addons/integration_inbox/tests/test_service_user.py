import json

from odoo.tests import tagged

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.trust import service_user

from .common import InboxCase


@tagged("post_install", "-at_install")
class TestServiceUser(InboxCase):
    """Whom a message acts as is looked at anew whenever one is applied."""

    def send(self, *names):
        for position, name in enumerate(names, 1):
            body = self.body(name, event_id=f"e-{position}")
            self.assertEqual(self.accept(body, self.headers(body, f"msg_{position}")).status, 202)
        self.env.flush_all()

    def states(self):
        self.env.invalidate_all()
        found = self.env["integration.message"].search([("endpoint_id", "=", self.endpoint.id)])
        return set(found.mapped("state"))

    def again(self):
        self.env.cr.execute(
            "UPDATE integration_message SET next_attempt_at = '2026-01-01' WHERE state = 'retrying'"
        )
        self.run_lane()

    def test_messages_wait_while_it_is_an_administrator_and_go_through_after(self):
        self.send("Nordwind AG", "Nordwind SE")
        self.crm.user_id.group_ids += self.env.ref("base.group_system")
        self.run_lane()
        self.assertEqual(self.states(), {"retrying"})
        self.assertIn("cannot be the service user of CRM Nord: it is an administrator", self.message().reason)
        self.assertEqual(self.partner.name, "Nordwind GmbH")
        self.crm.user_id.group_ids -= self.env.ref("base.group_system")
        self.again()
        self.assertEqual(self.states(), {"processed"})

    def test_nothing_is_applied_as_odoobot_whoever_wrote_it_into_the_table(self):
        self.send("Nordwind AG")
        self.env.cr.execute("UPDATE integration_system SET user_id = 1 WHERE id = %s", [self.crm.id])
        self.env.invalidate_all()
        self.run_lane()
        self.assertEqual(self.states(), {"retrying"})
        self.assertIn("one of Odoo's own users", self.message().reason)

    def test_nothing_is_applied_as_somebody_who_can_log_in(self):
        self.send("Nordwind AG")
        self.env.cr.execute(
            "UPDATE res_users SET password = '$pbkdf2-sha512$x' WHERE id = %s", [self.crm.user_id.id]
        )
        self.run_lane()
        self.assertIn("has a password", self.message().reason)
        self.assertEqual(self.partner.name, "Nordwind GmbH")

    def test_it_is_asked_once_for_all_messages_of_a_transaction(self):
        asked, reason = [], service_user.reason
        self.patch(service_user, "reason", lambda env, user: asked.append(user.id) or reason(env, user))
        self.send(*(f"Nordwind {number}" for number in range(12)))
        self.run_lane()
        self.assertEqual(self.states(), {"processed"})
        self.assertEqual(asked, self.crm.user_id.ids)

    # -- none at all -----------------------------------------------------------------------------

    def test_without_one_senders_are_asked_to_come_again_and_nothing_is_stored(self):
        self.crm.user_id = False
        body = self.body()
        answer = self.accept(body, self.headers(body))
        self.assertEqual(answer.status, 503)
        self.assertEqual(dict(answer.headers)["Retry-After"], "300")
        self.assertTrue(json.loads(answer.body)["type"].endswith("not-ready"))
        for word in (b"user", b"CRM"):
            self.assertNotIn(word, answer.body, "it reveals nothing internal")
        self.assertFalse(self.message())
        self.crm.action_create_service_user()
        self.assertEqual(self.accept(body, self.headers(body)).status, 202)

    def test_without_one_who_is_not_verified_hears_nothing_of_it(self):
        self.crm.user_id = False
        body = self.body()
        self.assertEqual(self.accept(body, self.headers(body, webhook_signature="v1,AAAA")).status, 401)

    def test_what_is_only_stored_needs_none(self):
        self.crm.user_id = False
        self.endpoint.write({"event_patterns": "*", "unknown_policy": "keep"})
        self.assertFalse(declare.handlers_for(self.env.registry, "nobody.knows.it", 1))
        body = self.body(kind="nobody.knows.it")
        self.assertEqual(self.accept(body, self.headers(body)).status, 202)
        self.assertEqual(self.message().state, "kept")

    def test_the_endpoints_button_creates_it(self):
        self.crm.user_id = False
        self.endpoint.with_user(self.env.ref("base.user_admin")).action_create_service_user()
        self.assertTrue(self.endpoint.user_id)
        self.assertFalse(self.endpoint.service_user_problem)
