from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestServiceUser(IntegrationCase):
    """Whom a system may act as, and who may say so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mes = cls.system("MES Halle 3")

    def technical(self, login, *groups, **values):
        """A user that nobody can log in as."""
        groups = [self.env.ref(name).id for name in ("base.group_user", *groups)]
        return self.env["res.users"].create(
            {"name": login, "login": login, "group_ids": [Command.set(groups)], **values}
        )

    def assert_refused(self, user, why):
        with self.assertRaisesRegex(ValidationError, why):
            self.mes.user_id = user

    def test_a_technical_user_is_one(self):
        self.mes.user_id = self.technical("integration.mes.3")
        self.assertFalse(self.mes.service_user_problem)

    def test_odoobot_and_the_first_administrator_are_none(self):
        self.assert_refused(self.env.ref("base.user_root"), "one of Odoo's own users")
        self.assert_refused(self.env.ref("base.user_admin"), "one of Odoo's own users")

    def test_an_administrator_is_none_however_it_became_one(self):
        for group in ("base.group_system", "base.group_erp_manager", "integration_core.group_manager"):
            self.assert_refused(self.technical(f"technical.{group}", group), "it is an administrator")
        implied = self.env["res.groups"].create(
            {"name": "Shift Leads", "implied_ids": [Command.link(self.env.ref("base.group_system").id)]}
        )
        user = self.technical("technical.implied")
        user.group_ids += implied
        self.assert_refused(user, "it is an administrator")

    def test_a_portal_user_is_none(self):
        portal = self.env["res.users"].create(
            {
                "name": "P",
                "login": "portal.partner",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        self.assert_refused(portal, "not an internal user")

    def test_who_can_log_in_is_none(self):
        self.assert_refused(self.operator(), "has a password")
        with_key = self.technical("technical.key")
        self.env["res.users.apikeys"].with_user(with_key).sudo()._generate("rpc", "Tool", None)
        self.assert_refused(with_key, "has an API key")

    def test_who_has_logged_in_is_none(self):
        person = self.technical("technical.person")
        self.env["res.users.log"].with_user(person).sudo().create({})
        self.assert_refused(person, "has been used to log in")

    def test_who_has_a_second_factor_or_a_provider_is_none(self):
        for column, why in (("totp_secret", "two-factor"), ("oauth_uid", "OAuth provider")):
            if column not in self.env["res.users"]._fields:
                continue  # the module that knows this way in is not installed
            person = self.technical(f"technical.{column}")
            self.env.cr.execute(
                f"UPDATE res_users SET {column} = 'x' WHERE id = %s",  # noqa: S608
                [person.id],
            )
            self.assert_refused(person, why)

    def test_a_new_system_is_bound_likewise(self):
        with self.assertRaisesRegex(ValidationError, "one of Odoo's own users"):
            self.system("WMS", user_id=self.env.ref("base.user_root").id)

    def test_it_is_bound_likewise_whatever_a_program_calls(self):
        root = self.env.ref("base.user_root").id
        systems = self.env["integration.system"].with_user(self.manager())
        wms = {"name": "WMS", "company_id": self.company.id, "user_id": root}
        for method, arguments in (
            ("write", [self.mes.ids, {"user_id": root}]),
            ("web_save", [self.mes.ids, {"user_id": root}, {}]),
            ("create", [[wms]]),
        ):
            with self.subTest(method), self.assertRaisesRegex(ValidationError, "one of Odoo's own users"):
                call_kw(systems, method, arguments, {})
        with self.subTest("an import"):
            imported = call_kw(systems, "load", [["name", "user_id/.id"], [["Imported", str(root)]]], {})
            self.assertIn("one of Odoo's own users", str(imported["messages"]))
            self.assertFalse(systems.search([("name", "=", "Imported")]))

    def test_an_integration_administrator_gives_no_right_that_he_does_not_have(self):
        partners = self.technical("technical.partners", "base.group_partner_manager")
        plain = self.technical("technical.plain")
        mes = self.mes.with_user(self.manager())
        with self.assertRaisesRegex(AccessError, "access rights that you do not have"):
            mes.user_id = partners
        with self.assertRaisesRegex(AccessError, "access rights that you do not have"):
            mes.create({"name": "WMS", "company_id": self.company.id, "user_id": partners.id})
        mes.user_id = plain
        self.assertEqual(self.mes.user_id, plain)

    def test_an_administrator_of_access_rights_assigns_any_technical_user(self):
        partners = self.technical("technical.partners", "base.group_partner_manager")
        admin = self.user("erna.access", "base.group_erp_manager", "integration_core.group_manager")
        self.mes.with_user(admin).user_id = partners
        self.mes.with_user(self.manager()).write({"user_id": partners.id, "notes": "<p>As it was</p>"})
        self.assertEqual(self.mes.user_id, partners)

    def test_a_copy_of_a_system_has_no_service_user(self):
        self.mes.user_id = self.technical("technical.partners", "base.group_partner_manager")
        self.assertFalse(self.mes.with_user(self.manager()).copy({"name": "MES 4"}).user_id)

    def test_a_service_user_gets_no_password(self):
        self.mes.action_create_service_user()
        with self.assertRaisesRegex(UserError, "cannot have a password"):
            self.mes.user_id.password = "Frühschicht-7"

    def test_one_that_became_unfit_is_an_incident_until_it_is_mended(self):
        self.mes.action_create_service_user()
        self.mes.user_id.group_ids += self.env.ref("base.group_system")

        def look():
            self.env["integration.credential"]._cron_follow_the_clock()
            found = self.env["integration.incident"].search([("kind", "=", "service_user.unfit")])
            return found.filtered(lambda incident: incident.key == str(self.mes.id))

        self.assertIn("administrator", self.mes.service_user_problem)
        incident = look()
        self.assertEqual((incident.system_id, incident.state, incident.severity), (self.mes, "open", "3"))
        self.mes.user_id.group_ids -= self.env.ref("base.group_system")
        self.assertEqual(look().state, "resolved")
