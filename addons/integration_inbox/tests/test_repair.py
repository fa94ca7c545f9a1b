"""What operators and administrators do with messages that did not go through."""

import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.integration_core import declare

from .common import PERSONAL, RENAMED, InboxCase, Renamed


@tagged("post_install", "-at_install")
class TestRepair(InboxCase):
    def send(self, name="Nordwind AG", message_id="msg_1", partner="K-100", **attributes):
        body = self.body(name, event_id=message_id, data={"partner": partner, "name": name}, **attributes)
        self.accept(body, self.headers(body, message_id))
        self.env.flush_all()
        return self.message(message_id)

    def applied(self):
        self.run_lane()
        self.env.invalidate_all()

    # -- match -----------------------------------------------------------------------------------

    def test_a_name_that_is_not_known_is_matched_and_all_that_wait_for_it_go_through(self):
        first, second = self.send(partner="C-7"), self.send("Nordwind SE", "msg_2", partner="C-7")
        other = self.send(message_id="msg_3", partner="C-8")
        self.applied()
        self.assertEqual(
            (first.state, first.missing_model, first.missing_key), ("waiting", "res.partner", "C-7")
        )
        operator = self.operator()
        action = first.with_user(operator).action_match()
        wizard = Form(
            self.env["integration.message.match"].with_user(operator).with_context(**action["context"])
        )
        self.assertEqual(wizard.waiting_count, 2)
        wizard.record_ref = f"res.partner,{self.partner.id}"
        wizard.save().action_match()
        self.applied()
        self.assertEqual((first + second + other).mapped("state"), ["processed", "processed", "waiting"])
        self.assertEqual(self.partner.name, "Nordwind SE")
        self.assertIn("matched manually", first.note_ids.mapped("reason")[0] or "")
        self.assertEqual(first.note_ids.user_id, operator)
        entry = self.env["integration.audit.entry"].search([("action", "=", "message.matched")])
        self.assertEqual((entry.user_id, entry.res_id), (operator, first.id))
        # A later message finds it by itself.
        later = self.send("Nordwind KG", "msg_4", partner="C-7")
        self.applied()
        self.assertEqual(later.state, "processed")

    def test_only_an_operator_matches_and_only_the_right_kind(self):
        message = self.send(partner="C-7")
        self.applied()
        with self.assertRaises(AccessError):
            message.with_user(self.user("uma.user", "integration_core.group_user")).action_match()
        wizard = self.env["integration.message.match"].create({"message_id": message.id})
        wizard.record_ref = f"res.users,{self.env.uid}"
        with self.assertRaisesRegex(UserError, "Select a record of the model"):
            wizard.action_match()

    # -- edit a copy -----------------------------------------------------------------------------

    def edit(self, message, user, **changes):
        action = message.with_user(user).action_edit_copy()
        values = {"why": "The terminal sent the old name", **changes}
        wizard = (
            self.env["integration.message.edit"]
            .with_user(user)
            .with_context(**action["context"])
            .create(values)
        )
        return self.env["integration.message"].browse(wizard.action_apply()["res_id"])

    def test_an_administrator_edits_a_copy_and_the_audit_trail_says_so(self):
        original = self.send("Never")
        self.applied()
        self.assertEqual(original.state, "dead")
        body = original.body
        admin = self.env.ref("base.user_admin")
        copy = self.edit(original, admin, body=body.replace("Never", "Nordwind AG"))
        self.applied()
        self.assertEqual((copy.state, self.partner.name), ("processed", "Nordwind AG"))
        self.assertEqual((original.state, original.body), ("superseded", body), "what came stays as it came")
        self.assertEqual(copy.copy_of_id, original)
        entry = self.env["integration.audit.entry"].search([("action", "=", "message.edited")])
        self.assertEqual((entry.user_id, entry.res_id), (admin, copy.id))
        self.assertIn("old name", entry.summary)
        self.assertNotIn("Nordwind AG", entry.details, "digests stand for payloads")
        self.assertEqual(json.loads(entry.details)["original_sha256"], original.body_sha256)

    def test_an_edited_copy_is_not_mapped_again(self):
        self.endpoint.mapping = (
            '{"type": "test.partner.renamed", "data": {"partner": kunde, "name": "Never"}}'
        )
        self.env.flush_all()
        body = json.dumps({"kunde": "K-100"}).encode()
        self.accept(body, self.headers(body))
        self.applied()
        original = self.message()
        copy = self.edit(
            original, self.env.ref("base.user_admin"), body=original.derived.replace("Never", "Bug")
        )
        self.env.cr.execute("UPDATE integration_message SET state = 'dead' WHERE id = %s", [copy.id])
        self.env.invalidate_all()
        self.env.cr.execute(
            "UPDATE integration_message SET derived = replace(derived, 'Bug', 'Nordwind AG') WHERE id = %s",
            [copy.id],
        )
        copy.with_user(self.operator()).action_retry()
        self.applied()
        self.assertEqual((copy.state, self.partner.name), ("processed", "Nordwind AG"))

    def test_operators_do_not_edit(self):
        original = self.send("Never")
        self.applied()
        with self.assertRaises(AccessError):
            self.edit(original, self.operator(), body=original.body)

    def test_an_edit_that_makes_no_sense_is_explained_and_changes_nothing(self):
        original = self.send("Never")
        self.applied()
        for body, said in (
            ("{", "not JSON"),
            ("{}", "specversion"),
            (original.body.replace(RENAMED, "x.y"), "not accepted"),
            (original.body.replace('"Never"', "7"), "valid string"),
        ):
            with self.subTest(said), self.assertRaisesRegex(UserError, said):
                self.edit(original, self.env.ref("base.user_admin"), body=body)
        self.assertEqual(original.state, "dead")

    # -- many at once ----------------------------------------------------------------------------

    def test_everything_since_a_point_in_time_is_applied_again(self):
        old, new = self.send("Never", "msg_1"), self.send("Never", "msg_2")
        self.applied()
        self.env.cr.execute(
            "UPDATE integration_message SET received_at = '2026-01-01' WHERE id = %s", [old.id]
        )
        self.env.cr.execute(
            "UPDATE integration_message SET body = replace(body, 'Never', 'Nordwind AG') WHERE id = ANY (%s)",
            [[old.id, new.id]],
        )
        self.env.invalidate_all()
        wizard = Form(self.env["integration.message.resume"].with_user(self.operator()))
        self.assertEqual(wizard.message_count, 1)
        wizard.save().action_resume()
        self.applied()
        self.assertEqual((old.state, new.state), ("dead", "processed"))

    def test_a_processed_message_is_not_applied_again(self):
        message = self.send()
        self.applied()
        with self.assertRaisesRegex(UserError, "cannot be reprocessed"):
            message.with_user(self.operator()).action_retry()
        self.assertEqual(self.partner.comment.count("+"), 1)

    # -- what is shown ---------------------------------------------------------------------------

    def test_what_is_personal_is_masked_for_all_but_administrators(self):
        message = self.send(kind=PERSONAL, name="Jonas Petersen")
        for user in (self.operator(), self.user("uma.user", "integration_core.group_user")):
            seen = message.with_user(user)
            self.assertNotIn("Petersen", seen.body_pretty)
            self.assertIn('"partner": "•••"', seen.body_pretty)
            self.assertTrue(seen.is_masked)
            for field in ("body", "derived", "raw", "difference"):
                with self.assertRaises(AccessError):
                    seen.read([field])
        seen = message.with_user(self.env.ref("base.user_admin"))
        self.assertIn("Petersen", seen.body_pretty)
        self.assertFalse(seen.is_masked)

    def test_the_history_tells_what_happened_once_for_what_repeats(self):
        message = self.send(partner="C-7")
        for _ in range(3):
            self.env.cr.execute("UPDATE integration_message SET next_attempt_at = '2026-01-01'")
            self.applied()
        self.assertEqual((message.note_ids.state, message.note_ids.times), ("waiting", 3))

    # -- several handlers ------------------------------------------------------------------------

    def test_several_modules_take_one_event_in_one_transaction(self):
        def also(message, renamed):
            """Note the rename somewhere else, too."""
            return message.env["res.partner"].create({"name": f"Copy of {renamed.name}"})

        second = declare.HandlerDeclaration(RENAMED, 1, Renamed, also, "integration_inbox")
        declare.HANDLERS[RENAMED, 1]["second"] = second
        self.addCleanup(declare.HANDLERS[RENAMED, 1].pop, "second")
        message = self.send()
        self.applied()
        self.assertEqual(message.record_ids.mapped("record_name"), ["Nordwind AG", "Copy of Nordwind AG"])

    # -- the trail -------------------------------------------------------------------------------

    def test_who_looks_at_what_a_payload_says_of_people_stands_in_the_trail(self):
        body = self.body(kind=PERSONAL)
        self.accept(body, self.headers(body))
        message = self.message()
        trail = self.env["integration.audit.entry"]
        seen = [("action", "=", "message.viewed"), ("res_id", "=", message.id)]
        message.with_user(self.operator()).read(["body_pretty"])
        self.assertFalse(trail.search(seen), "masked: nothing was seen")
        for _again in range(2):
            message.with_user(self.manager()).read(["body_pretty"])
            self.env.invalidate_all()
        self.assertEqual(trail.search(seen).mapped("user_id"), self.manager())

    def test_what_payloads_say_of_a_person_is_found_and_erased(self):
        body = self.body("Małgorzata Okafor", kind=PERSONAL)
        self.accept(body, self.headers(body))
        self.send("Nordwind SE", "msg_2")
        waiting = self.send("Małgorzata Okafor", "msg_3", partner="C-7")
        self.applied()
        first, other = self.message(), self.message("msg_2")
        person = self.env["integration.data.subject.request"].with_user(self.manager())
        wizard = person.create({"term": "małgorzata okafor", "why": "Request no. 4711"})
        wizard.action_find()
        self.assertEqual(wizard.found_count, 2)
        wizard.action_erase()
        self.env.invalidate_all()
        self.assertEqual((first.state, first.body, first.derived), ("processed", False, False))
        self.assertEqual((waiting.state, waiting.reason), ("dead", "The payload was erased"))
        self.assertTrue(other.body)
        self.assertEqual(self.accept(body, self.headers(body)).status, 200, "a repeat is still known")
        trail = self.env["integration.audit.entry"]
        entry = trail.search([("action", "=", "person.erased")])
        self.assertEqual(json.loads(entry.details)["erased"], {"integration.message": (waiting + first).ids})
        self.assertNotIn("okafor", (entry.details + entry.summary).lower(), "the trail does not name them")
        self.assertIsNone(trail._first_broken())
        with self.assertRaisesRegex(UserError, "No data found"):
            person.create({"term": "Małgorzata Okafor", "why": "Again"}).action_erase()
        with self.assertRaisesRegex(UserError, "at least 4 characters"):
            person.create({"term": "M", "why": "Too short"}).action_find()

    def test_where_a_reference_names_a_person_it_is_masked(self):
        self.accept(*self._of_a_person("msg_9"))
        self.applied()
        message = self.message("msg_9")
        self.assertEqual(message.subject, "Badge of Małgorzata Okafor")
        wizard = self.env["integration.data.subject.request"].create(
            {"term": "Małgorzata OKAFOR", "why": "Request no. 4712"}
        )
        wizard.action_erase()
        self.env.invalidate_all()
        self.assertEqual(message.subject, "Badge of •••")
        self.env.cr.execute(
            "SELECT (SELECT to_jsonb(m)::text FROM integration_message AS m WHERE id = %s)"
            " || (SELECT jsonb_agg(n)::text FROM integration_message_note AS n WHERE message_id = %s)",
            [message.id, message.id],
        )
        self.assertNotIn("okafor", self.env.cr.fetchone()[0].lower())

    def _of_a_person(self, message_id):
        body = self.body("Nobody", subject="Badge of Małgorzata Okafor", partner="K-100")
        return body, self.headers(body, message_id)

    def test_payloads_are_kept_as_long_as_their_data_class_allows(self):
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda _me, _gone: 60)
        self.env["integration.event.type"].search([("name", "=", PERSONAL)]).unlink()
        self.env["integration.event.type"].create(
            [
                {"name": name, "version": 1, "direction": "inbound", "data_class": data_class}
                for name, data_class in ((PERSONAL, "personal"), (RENAMED, "internal"))
            ]
        )
        self.env.ref("integration_core.retention_personal").days = 30
        self.assertEqual(self.endpoint.body_days, 90)
        for kind, message_id in ((PERSONAL, "msg_p"), (RENAMED, "msg_i")):
            body = self.body(kind=kind, event_id=message_id)
            self.accept(body, self.headers(body, message_id))
        self.applied()
        for days, personal, internal in ((29, True, True), (2, False, True), (60, False, False)):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE integration_message SET received_at = received_at - make_interval(days => %s)", [days]
            )
            self.env["integration.message"]._cron_retention()
            self.env.invalidate_all()
            kept = [bool(self.message(message_id).body) for message_id in ("msg_p", "msg_i")]
            self.assertEqual(kept, [personal, internal])
        self.assertTrue(self.message("msg_p"), "that it came stays known")

    def test_applying_again_by_hand_stands_in_the_trail(self):
        message = self.send("Never")
        self.applied()
        message.with_user(self.operator()).action_retry()
        entry = self.env["integration.audit.entry"].search([("action", "=", "message.retried")])
        self.assertEqual((entry.res_id, entry.user_id), (message.id, self.operator()))
