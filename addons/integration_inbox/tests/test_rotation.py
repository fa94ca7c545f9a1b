from odoo import fields
from odoo.tests import Form, tagged

from .common import InboxCase


@tagged("post_install", "-at_install")
class TestRotation(InboxCase):
    """A new secret touches what it names, and nothing else loses a secret or an hour."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.crm.credential_ids
        cls.other = cls.env["integration.endpoint"].create(
            {"name": "Addresses", "system_id": cls.crm.id, "event_patterns": "test.*"}
        )

    def choose(self, endpoint):
        """A secret of the endpoint's own. :return: its credential."""
        own = self.env["integration.credential"]._generate(self.crm, "verify")[0]
        endpoint.credential_ids = own
        return own

    def posted(self, secret, endpoint=None, message_id="msg_1"):
        body = self.body(event_id=message_id)
        return self.accept(body, self.headers(body, message_id, secret=secret), endpoint=endpoint).status

    def test_what_another_endpoint_has_chosen_is_not_touched(self):
        own = self.choose(self.endpoint)
        for _ in range(2):
            self.other.action_new_secret()
        self.assertEqual(own.state, "active")
        self.assertEqual(self.endpoint._credentials(), own)

    def test_a_second_press_keeps_the_overlap_of_the_first(self):
        self.endpoint.action_new_secret()
        self.assertEqual(self.first.state, "retiring")
        retires_at = self.first.retires_at
        self.endpoint.action_new_secret()
        self.assertEqual((self.first.state, self.first.retires_at), ("retiring", retires_at))
        self.assertEqual(self.posted(self.secret), 202)

    def test_the_new_secret_of_an_endpoint_with_a_chosen_one_is_used_there(self):
        own = self.choose(self.endpoint)
        new = self.endpoint.action_new_secret()["params"]["secret"]
        self.assertEqual(own.state, "retiring")
        self.assertEqual(self.first.state, "active", "the system's own is not touched")
        self.assertEqual(len(self.endpoint.credential_ids), 2)
        self.assertEqual(self.posted(new), 202)

    def test_who_has_chosen_the_replaced_one_too_takes_the_new_one(self):
        own = self.choose(self.endpoint)
        self.other.credential_ids = own
        new = self.endpoint.action_new_secret()["params"]["secret"]
        self.assertEqual(self.posted(new, self.other), 202)

    def test_who_has_chosen_others_besides_keeps_them_to_itself(self):
        own = self.choose(self.endpoint)
        self.other.credential_ids = own + self.first
        self.endpoint.action_new_secret()
        self.assertNotIn(self.first, self.endpoint.credential_ids)
        self.assertIn(self.first, self.other.credential_ids)

    def test_a_planned_secret_replaces_none_that_an_endpoint_has_chosen(self):
        own = self.choose(self.endpoint)
        now = fields.Datetime.now()
        planned = self.env["integration.credential"]._generate(
            self.crm, "verify", state="planned", starts_at=fields.Datetime.subtract(now, minutes=1)
        )[0]
        self.env["integration.credential"]._cron_follow_the_clock()
        self.assertEqual((planned.state, self.first.state, own.state), ("active", "retiring", "active"))

    # -- the dialog ------------------------------------------------------------------------------

    def dialog(self, action):
        rotation = self.env["integration.credential.rotation"].with_user(self.manager())
        return Form(rotation.with_context(**action["context"]))

    def test_the_dialog_names_what_else_uses_the_replaced_secret(self):
        form = self.dialog(self.endpoint.action_rotate())
        self.assertEqual(form.replaced_ids.ids, self.first.ids)
        self.assertEqual(form.used_by, "Endpoint Addresses")
        self.assertEqual(self.first.state, "active", "nothing has happened yet")
        shown = form.save().action_generate()["params"]
        self.assertEqual(self.first.state, "retiring")
        self.assertEqual(self.posted(shown["secret"]), 202)

    def test_the_dialog_of_an_endpoint_with_its_own_names_nobody_else(self):
        own = self.choose(self.endpoint)
        self.choose(self.other)  # else it would take any
        form = self.dialog(self.endpoint.action_rotate())
        self.assertEqual((form.replaced_ids.ids, form.used_by), (own.ids, False))

    def test_a_secret_may_be_made_beside_those_in_use(self):
        form = self.dialog(self.endpoint.action_rotate())
        form.replaced_ids.clear()
        form.save().action_generate()
        self.assertEqual(self.first.state, "active")

    def test_an_endpoint_with_an_api_key_gets_an_api_key(self):
        (self.endpoint + self.other).scheme = "api_key"
        for action in (
            self.endpoint.action_rotate(),
            self.crm.with_context(default_purpose="verify").action_rotate(),
        ):
            form = self.dialog(action)
            self.assertEqual(form.kind, "api_key")
            secret = form.save().action_generate()["params"]["secret"]
            self.assertFalse(secret.startswith("whsec_"))
            body = self.body()
            headers = {"content-type": "application/cloudevents+json", "x-api-key": secret}
            self.assertIn(self.accept(body, headers).status, (200, 202))

    def test_the_dialog_of_a_system_names_its_endpoints(self):
        form = self.dialog(self.crm.with_context(default_purpose="verify").action_rotate())
        self.assertEqual(form.used_by, "Endpoint Addresses\nEndpoint Customers")
