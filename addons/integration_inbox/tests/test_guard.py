"""Who owns a field, what a rehearsal shows, who hears an echo."""

from odoo.tests import tagged

from .common import InboxCase


@tagged("post_install", "-at_install")
class TestGuard(InboxCase):
    def send(self, name="Nordwind AG", message_id="msg_1"):
        body = self.body(name, event_id=message_id)
        self.accept(body, self.headers(body, message_id))
        self.env.flush_all()
        self.run_lane()
        self.env.invalidate_all()
        return self.message(message_id)

    def own(self, field="name", owner=None, policy="drop"):
        model = self.env["ir.model"]._get("res.partner")
        return self.env["integration.ownership"].create(
            {
                "model_id": model.id,
                "field_id": self.env["ir.model.fields"]._get("res.partner", field).id,
                "system_id": owner.id if owner else False,
                "policy": policy,
            }
        )

    def test_a_field_that_another_owns_is_left_out_and_noted(self):
        self.own(owner=self.system("PIM"))
        message = self.send()
        self.assertEqual((message.state, self.partner.name), ("processed", "Nordwind GmbH"))
        self.assertIn("+", self.partner.comment, "its other fields were written")
        self.assertIn("by CRM Nord: its system of record is PIM", message.note_ids.reason)

    def test_a_field_that_another_owns_may_be_refused(self):
        self.own(owner=self.system("PIM"), policy="refuse")
        message = self.send()
        self.assertEqual((message.state, self.partner.comment), ("dead", False))
        self.assertIn("its system of record is PIM", message.reason)

    def test_the_owner_writes_its_field(self):
        self.own(owner=self.crm)
        self.assertEqual((self.send().state, self.partner.name), ("processed", "Nordwind AG"))

    def test_what_odoo_owns_no_message_changes_but_people_do(self):
        self.own()
        self.send()
        self.assertEqual(self.partner.name, "Nordwind GmbH")
        self.partner.name = "Nordwind KG"
        self.assertEqual(self.partner.name, "Nordwind KG")

    def test_an_owner_counts_from_when_it_is_named_until_it_is_not(self):
        owned = self.own(owner=self.system("PIM"))
        self.send()
        owned.unlink()
        self.send("Nordwind SE", "msg_2")
        self.assertEqual(self.partner.name, "Nordwind SE")

    # -- rehearsal -------------------------------------------------------------------------------

    def test_a_rehearsal_changes_nothing_and_shows_what_it_would(self):
        self.endpoint.is_shadow = True
        message = self.send()
        self.assertEqual(
            (message.state, self.partner.name, self.partner.comment), ("shadowed", "Nordwind GmbH", False)
        )
        self.assertFalse(message.record_ids)
        shown = {line["field"]: (line["before"], line["after"]) for line in message.difference}
        self.assertEqual(shown["Name"], ("Nordwind GmbH", "Nordwind AG"))
        self.assertIn("Nordwind AG", message.difference_html)
        self.endpoint.is_shadow = False
        message.with_user(self.operator()).action_retry()
        self.run_lane()
        self.env.invalidate_all()
        self.assertEqual((message.state, self.partner.name), ("processed", "Nordwind AG"))
        self.assertFalse(message.difference)

    def test_a_rehearsal_that_fails_says_so_like_any_other(self):
        self.endpoint.is_shadow = True
        self.assertEqual(self.send("Never").state, "dead")
        self.assertEqual(self.partner.name, "Nordwind GmbH")

    def test_rehearsals_do_not_hold_up_their_neighbours(self):
        rehearsed = self.endpoint.copy({"name": "Parallel run", "is_shadow": True})
        for number in (1, 2):
            body = self.body(f"Rehearsed {number}", event_id=f"r-{number}")
            self.accept(body, self.headers(body, f"msg_{number}"), endpoint=rehearsed)
        self.assertEqual(self.send("Nordwind AG", "real").state, "processed")
        self.assertEqual(
            rehearsed.env["integration.message"].search([("endpoint_id", "=", rehearsed.id)]).mapped("state"),
            ["shadowed"] * 2,
        )
        self.assertEqual(self.partner.name, "Nordwind AG")
