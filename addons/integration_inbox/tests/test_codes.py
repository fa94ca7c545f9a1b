import json

from odoo.tests import tagged

from odoo.addons.integration_core import declare

from .common import RENAMED, InboxCase, Renamed

CODED = "test.partner.coded"
MAPPING = """{"type": "test.partner.renamed", "subject": id,
              "data": {"partner": id, "name": $code("stage", status)}}"""


@tagged("post_install", "-at_install")
class TestCodes(InboxCase):
    """Messages ask code lists; one that meets a value without meaning waits until somebody maps it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.list = cls.env["integration.code.list"].create({"name": "Stages", "code": "stage"})

    @classmethod
    def declare_handlers(cls):
        def code(message, data):
            """Give a partner the name that a code stands for."""
            partner = message.find("res.partner", data.partner)
            partner.name = message.code("stage", data.name)
            return partner

        declaration = declare.HandlerDeclaration(CODED, 1, Renamed, code, "integration_inbox")
        declare.HANDLERS[CODED, 1]["test"] = declaration
        cls.addClassCleanup(declare.HANDLERS.pop, (CODED, 1))
        return super().declare_handlers()

    def map(self, external, value):
        return self.env["integration.code"].create(
            {"list_id": self.list.id, "system_id": self.crm.id, "external_value": external, "value": value}
        )

    def unmapped(self, value="ZR9"):
        self.env.invalidate_all()
        return self.env["integration.code"].search(
            [("state", "=", "unmapped"), ("external_value", "=", value)]
        )

    def post(self, message_id="msg_1", status="ZR9"):
        self.endpoint.mapping = MAPPING
        self.env.flush_all()
        body = json.dumps({"id": "K-100", "status": status}).encode()
        answer = self.accept(body, self.headers(body, message_id, content_type="application/json"))
        self.assertEqual(answer.status, 202, answer.body)
        self.run_lane()
        self.env.invalidate_all()
        return self.message(message_id)

    def send(self, message_id="msg_1", name="ZR9"):
        body = self.body(name, CODED, event_id=message_id)
        self.accept(body, self.headers(body, message_id))
        self.run_lane()
        self.env.invalidate_all()
        return self.message(message_id)

    def test_a_mapping_asks_a_code_list(self):
        self.map("POD", "delivered")
        message = self.post(status="POD")
        self.assertEqual((message.state, self.partner.name), ("processed", "delivered"), message.reason)

    def test_a_handler_asks_a_code_list(self):
        self.map("POD", "delivered")
        self.assertEqual(self.send(name="POD").state, "processed")
        self.assertEqual(self.partner.name, "delivered")

    def test_what_a_mapping_does_not_know_is_collected_and_goes_on_when_mapped(self):
        message = self.post()
        self.assertEqual(message.state, "quarantined")
        self.assertIn("code list stage has no value for ZR9", message.reason)
        self.post("msg_2")
        code = self.unmapped()
        self.assertEqual((code.seen_count, code.waiting_count), (2, 2))
        self.assertEqual(code.example_message_id, message)
        code.with_user(self.operator()).value = "refused"
        self.run_lane()
        self.env.invalidate_all()
        self.assertEqual((message | self.message("msg_2")).mapped("state"), ["processed", "processed"])
        self.assertEqual(self.partner.name, "refused")

    def test_what_a_handler_does_not_know_waits_and_goes_on_when_mapped(self):
        message = self.send()
        self.assertEqual(message.state, "waiting")
        self.assertIn("Code list stage has no value for ZR9 of CRM Nord", message.reason)
        code = self.unmapped()
        self.assertEqual((code.seen_count, code.example_message_id), (1, message))
        code.with_user(self.operator()).value = "refused"
        self.run_lane()
        self.env.invalidate_all()
        self.assertEqual((message.state, self.partner.name), ("processed", "refused"))

    def test_trying_again_counts_a_message_once(self):
        message = self.send()
        message.with_user(self.operator()).action_retry()
        self.run_lane()
        self.assertEqual(self.unmapped().seen_count, 1)

    def test_the_message_leads_to_the_value(self):
        action = self.send().with_user(self.operator()).action_match()
        self.assertEqual(action["res_model"], "integration.code")
        self.assertEqual(self.env["integration.code"].search(action["domain"]), self.unmapped())

    def test_another_systems_messages_go_on_waiting(self):
        message = self.send()
        self.env["integration.code"].create(
            {
                "list_id": self.list.id,
                "system_id": self.system("CRM Sued").id,
                "external_value": "ZR9",
                "value": "refused",
            }
        )
        self.assertEqual(message.state, "waiting")

    def test_a_list_that_is_not_there_says_so(self):
        self.list.unlink()
        self.assertIn("There is no code list stage", self.send().reason)

    def test_a_preview_collects_nothing(self):
        self.post(status="POD")
        self.unmapped("POD").unlink()
        self.assertTrue(self.endpoint.preview_problem or self.endpoint.preview is not None)
        self.assertFalse(self.unmapped("POD"))
        self.assertTrue(RENAMED)
