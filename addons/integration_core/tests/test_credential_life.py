from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..trust import last_use
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestCredentialLife(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.mes = self.system("MES Halle 3", owner_id=self.manager().id)
        self.clock = fields.Datetime.now()

    def later(self, **span):
        """The engine's look at the clock after so long."""
        self.clock = fields.Datetime.add(self.clock, **span)
        self.patch(fields.Datetime, "now", lambda *_args: self.clock)
        self.env["integration.credential"]._cron_follow_the_clock()

    def make(self, **values):
        return self.env["integration.credential"]._generate(self.mes, "sign", **values)[0]

    def test_after_the_overlap_the_old_secret_is_revoked_and_the_new_one_stays(self):
        old = self.make()
        self.mes.action_new_signing_secret()
        new = self.mes._credentials("sign")[0]
        self.assertEqual((new.state, old.state), ("active", "retiring"))
        self.later(hours=71)
        self.assertEqual(self.mes._credentials("sign"), new + old, "both sign until it is over")
        self.later(hours=2)
        self.assertEqual((new.state, old.state), ("active", "revoked"))

    def test_a_planned_secret_takes_its_turn_at_its_time(self):
        old = self.make()
        form = Form(
            self.env["integration.credential.plan"]
            .with_user(self.manager())
            .with_context(**self.mes.action_plan_secret()["context"])
        )
        form.starts_at = fields.Datetime.add(self.clock, days=7)
        shown = form.save().action_make()["params"]
        new = self.mes.credential_ids - old
        self.assertTrue(shown["secret"].startswith("whsec_"))
        self.assertEqual(self.mes._credentials("sign"), old, "it does not sign yet")
        self.later(days=6)
        self.assertEqual(new.state, "planned")
        self.later(days=1, minutes=1)
        self.assertEqual((new.state, old.state), ("active", "retiring"))
        self.later(days=4)
        self.assertEqual(self.mes._credentials("sign"), new)

    def test_a_planned_secret_of_theirs_verifies_from_the_first_day(self):
        starts_at = fields.Datetime.add(self.clock, days=7)
        credential = self.env["integration.credential"]._generate(
            self.mes, "verify", state="planned", starts_at=starts_at
        )[0]
        self.assertEqual(self.mes._credentials("verify"), credential)

    def test_the_owner_is_reminded_once_a_month_before_it_expires(self):
        credential = self.make(expires_at=fields.Datetime.add(self.clock, days=60))
        self.later(days=29)
        self.assertFalse(self.mes.activity_ids)
        self.later(days=2)
        self.assertEqual(credential.expiry_state, "expiring")
        self.later(days=2)
        self.assertEqual(self.mes.activity_ids.mapped("user_id"), self.manager())
        self.assertEqual(self.mes.activity_ids.date_deadline, credential.expires_at.date())
        credential.expires_at = fields.Datetime.add(self.clock, days=400)
        self.assertEqual(credential.expiry_state, "far", "extended: it is reminded of anew")

    def test_what_expires_is_revoked_and_a_system_left_without_is_an_incident(self):
        first = self.make(expires_at=fields.Datetime.add(self.clock, days=1))
        second = self.make()
        incidents = self.env["integration.incident"].search([("kind", "=", "credential.expired")])
        self.later(days=2)
        self.assertEqual((first.state, first.expiry_state), ("revoked", "expired"))
        self.assertFalse(
            self.env["integration.incident"].search([("kind", "=", "credential.expired")]) - incidents
        )
        second.expires_at = fields.Datetime.add(self.clock, days=1)
        self.later(days=2)
        incident = self.env["integration.incident"].search([("kind", "=", "credential.expired")]) - incidents
        self.assertEqual((incident.system_id, incident.severity), (self.mes, "3"))

    def test_in_an_emergency_all_of_a_system_is_revoked_at_once(self):
        self.make()
        self.make(state="planned", starts_at=fields.Datetime.add(self.clock, days=1))
        self.env["integration.credential"]._generate(self.mes, "verify")
        with self.assertRaises(AccessError):
            self.mes.with_user(self.operator()).action_revoke_all()
        self.mes.with_user(self.manager()).action_revoke_all()
        self.assertEqual(set(self.mes.credential_ids.mapped("state")), {"revoked"})
        entry = self.env["integration.audit.entry"].search(
            [("action", "=", "system.revoked"), ("res_id", "=", self.mes.id)]
        )
        self.assertEqual(entry.user_id, self.manager())
        with self.assertRaisesRegex(UserError, "no secret to revoke"):
            self.mes.action_revoke_all()

    def test_spans_that_make_no_sense_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "the expiry is before the start"):
            self.make(starts_at="2026-12-02", expires_at="2026-12-01")
        wizard = self.env["integration.credential.plan"].create(
            {"system_id": self.mes.id, "starts_at": fields.Datetime.subtract(self.clock, hours=1)}
        )
        with self.assertRaisesRegex(UserError, "The start is in the past"):
            wizard.action_make()

    def test_its_last_use_is_noted_once_a_minute_and_no_settings_are_read_anew(self):
        credential = self.make()
        self.env.flush_all()
        last_use.forget()
        self.addCleanup(last_use.forget)
        written = credential.write_date
        last_use.note(self.env.cr, [credential.id])
        self.env.invalidate_all()
        self.assertTrue(credential.last_used_at)
        self.assertEqual(credential.write_date, written)
        with self.assertQueryCount(0):
            last_use.note(self.env.cr, [credential.id])
