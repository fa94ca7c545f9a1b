import json

import psycopg2

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..trust import audit_chain
from .common import IntegrationCase


class AuditCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.trail = self.env["integration.audit.entry"]

    def auditor(self):
        return self.user("aisha.auditor", "integration_core.group_auditor")

    def entries(self, action=None, record=None):
        domain = [("action", "=", action)] if action else []
        if record is not None:
            domain += [("res_model", "=", record._name), ("res_id", "=", record.id)]
        return self.trail.search(domain, order="id")

    def last(self, action):
        return self.entries(action)[-1:]

    def three(self):
        for number in range(3):
            self.trail._append("test.done", self.company, f"Did {number}", self.company, number=number)
        return self.entries("test.done")[-3:]

    def tamper(self, statement, *values):
        """As somebody who owns the table can, past Odoo and its trigger."""
        table = "ALTER TABLE integration_audit_entry {} TRIGGER integration_audit_entry_append_only"
        self.env.flush_all()
        self.env.cr.execute(table.format("DISABLE"))
        self.env.cr.execute(statement, values)
        self.env.cr.execute(table.format("ENABLE"))
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestAudit(AuditCase):
    # -- append-only -----------------------------------------------------------------------------

    def test_nobody_changes_it_through_odoo(self):
        entry = self.three()[1]
        for who in (self.env.user, self.manager(), self.auditor()):
            for attempt in (
                lambda trail: trail.browse(entry.id).write({"summary": "x"}),
                lambda trail: trail.browse(entry.id).unlink(),
                lambda trail: trail.create({"summary": "x"}),
            ):
                with self.assertRaises(AccessError):
                    attempt(self.trail.with_user(who))

    def test_the_database_refuses_what_goes_past_odoo(self):
        entry = self.three()[1]
        for statement in (
            f"UPDATE integration_audit_entry SET summary = 'nothing' WHERE id = {entry.id}",
            f"DELETE FROM integration_audit_entry WHERE id = {entry.id}",
            "TRUNCATE integration_audit_entry",
        ):
            with (
                self.assertRaisesRegex(psycopg2.errors.InsufficientPrivilege, "Nobody changes"),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_it_is_whole_as_long_as_nobody_tampers(self):
        self.three()
        self.assertIsNone(self.trail._first_broken())

    def test_a_change_is_located(self):
        entry = self.three()[1]
        self.tamper("UPDATE integration_audit_entry SET summary = 'nothing' WHERE id = %s", entry.id)
        self.assertEqual(self.trail._first_broken(), (entry, "it was changed"))

    def test_a_change_with_a_new_hash_is_located_behind_it(self):
        _first, second, third = self.three()
        forged = {**next(e for e in self.trail._entries() if e["id"] == second.id), "summary": "nothing"}
        self.tamper(
            "UPDATE integration_audit_entry SET summary = 'nothing', hash = %s WHERE id = %s",
            audit_chain.hash_of(forged),
            second.id,
        )
        entry, why = self.trail._first_broken()
        self.assertEqual((entry, why), (third, "what stood before it was removed, or put in"))

    def test_what_was_removed_is_missed_in_the_middle_and_at_the_end(self):
        _first, second, third = self.three()
        self.tamper("DELETE FROM integration_audit_entry WHERE id = %s", third.id)
        entry, why = self.trail._first_broken()
        self.assertFalse(entry)
        self.assertIn("the newest were removed", why)
        self.three()
        entry, _why = self.trail._first_broken()
        self.assertEqual(entry.id, self.entries("test.done").filtered(lambda e: e.id > second.id)[0].id)

    # -- verifying -------------------------------------------------------------------------------

    def test_the_button_says_what_it_found(self):
        entry = self.three()[0]
        trail = self.trail.with_user(self.auditor())
        self.assertEqual(trail.action_verify()["params"]["type"], "success")
        self.tamper("UPDATE integration_audit_entry SET user_id = 2 WHERE id = %s", entry.id)
        told = trail.action_verify()["params"]
        self.assertEqual(told["type"], "danger")
        self.assertIn(f"Entry {entry.id}: it was changed", told["message"])
        for stranger in (self.operator(), self.user("stranger")):
            with self.assertRaises(AccessError):
                self.trail.with_user(stranger).action_verify()

    def test_the_nightly_job_opens_an_incident_and_closes_it(self):
        entry = self.three()[0]
        self.trail._verify_nightly()
        incidents = self.env["integration.incident"]
        self.assertFalse(incidents.search([("kind", "=", "audit.broken")]))
        self.tamper("UPDATE integration_audit_entry SET summary = 'x' WHERE id = %s", entry.id)
        with self.assertLogs("odoo.addons.integration_core.models.integration_audit_entry", "CRITICAL"):
            self.trail._verify_nightly()
        incident = incidents.search([("kind", "=", "audit.broken")])
        self.assertEqual((incident.state, incident.severity), ("open", "3"))
        self.assertIn(f"Entry {entry.id}", incident.details)
        self.tamper("UPDATE integration_audit_entry SET summary = 'Did 0' WHERE id = %s", entry.id)
        self.trail._verify_nightly()
        self.assertEqual(incident.state, "resolved")

    # -- what is in it ---------------------------------------------------------------------------

    def test_settings_stand_there_with_before_and_after(self):
        system = self.system()
        self.assertTrue(self.entries("system.created", system))
        system.with_user(self.manager()).allowed_networks = "10.20.0.0/16"
        entry = self.last("system.changed")
        self.assertEqual((entry.user_id, entry.res_id), (self.manager(), system.id))
        self.assertEqual(
            json.loads(entry.details), {"changes": {"allowed_networks": [False, "10.20.0.0/16"]}}
        )
        count = self.trail.search_count([])
        system.allowed_networks = "10.20.0.0/16"
        self.assertEqual(self.trail.search_count([]), count, "nothing changed")
        system.unlink()
        self.assertIn("deleted", self.last("system.deleted").summary)

    def test_the_life_of_a_credential_stands_there_without_its_secret(self):
        system = self.system()
        secret = system.action_new_signing_secret()["params"]["secret"]
        credential = system.credential_ids
        credential.action_retire()
        credential.action_revoke()
        actions = self.trail.search(
            [("res_model", "=", credential._name), ("res_id", "=", credential.id)], order="id"
        )
        self.assertEqual(
            actions.mapped("action"), ["credential.created", "credential.changed", "credential.changed"]
        )
        self.assertIn('"state": ["retiring", "revoked"]', actions[-1].details)
        everything = json.dumps(actions.read(), default=str)
        self.assertNotIn(secret, everything)
        self.assertNotIn("s1.", everything)

    def test_who_gets_and_loses_a_role_stands_there(self):
        user = self.user("kim.keyuser")
        group = self.env.ref("integration_core.group_operator")
        user.group_ids += group
        granted = self.entries("role.granted", user)
        self.assertEqual(
            {json.loads(e.details)["role"] for e in granted},
            {group.full_name, self.env.ref("integration_core.group_user").full_name},
            "an operator is a user, too",
        )
        group.user_ids -= user
        self.assertIn("was withdrawn from", self.entries("role.withdrawn", user)[-1].summary)


@tagged("post_install", "-at_install")
class TestAuditExport(AuditCase, HttpCase):
    def auditor(self):
        auditor = super().auditor()
        auditor.company_ids = self.env["res.company"].search([])
        return auditor

    def export(self, user):
        self.authenticate(user.login, user.login)
        return self.url_open("/integration/audit")

    def test_an_auditor_takes_the_chain_along_and_verifies_it_elsewhere(self):
        entry = self.three()[0]
        answer = self.export(self.auditor())
        self.assertEqual(answer.headers["Content-Type"], "application/jsonl; charset=utf-8")
        entries = [audit_chain.entry_of(line) for line in answer.text.splitlines()]
        self.assertIsNone(audit_chain.first_broken(entries))
        self.assertEqual(entries[-1]["action"], "audit.exported", "who took it along stands in it")
        next(e for e in entries if e["id"] == entry.id)["summary"] = "nothing"
        self.assertEqual(audit_chain.first_broken(entries), (entry.id, "it was changed"))

    def test_who_may_not_see_every_company_exports_nothing(self):
        auditor = self.user("gita.gdansk", "integration_core.group_auditor")
        self.env["res.company"].create({"name": "Plant Gdańsk"})
        auditor.company_ids = self.company
        with mute_logger("odoo.http"):
            self.assertEqual(self.export(auditor).status_code, 403)
        with self.assertRaisesRegex(AccessError, "covers all companies"):
            self.trail.with_user(auditor).action_export()

    def test_others_do_not(self):
        with mute_logger("odoo.http"):
            self.assertEqual(self.export(self.operator()).status_code, 403)
