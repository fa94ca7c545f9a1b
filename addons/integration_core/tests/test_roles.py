from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestRoles(IntegrationCase):
    def test_a_stranger_sees_nothing(self):
        system = self.system()
        with self.assertRaises(AccessError):
            system.with_user(self.user("stranger")).read(["name"])

    def test_an_operator_sees_and_does_not_configure(self):
        system = self.system().with_user(self.operator())
        self.assertEqual(system.name, "Laser cutter gateway")
        for change in (lambda: system.write({"name": "x"}), system.unlink, system.copy):
            with self.assertRaises(AccessError):
                change()

    def test_a_manager_configures(self):
        system = self.system().with_user(self.manager())
        system.name = "Laser cutter 3"
        self.assertEqual(system.name, "Laser cutter 3")

    def test_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Plant Gdańsk"})
        system = self.system()
        stranger = self.manager()
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        theirs = system.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([("id", "=", system.id)]))
        with self.assertRaises(AccessError):
            theirs.read(["name"])

    def test_the_service_user_cannot_log_in(self):
        system = self.system()
        system.action_create_service_user()
        self.env.flush_all()
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [system.user_id.id])
        self.assertFalse(self.env.cr.fetchone()[0])
        self.assertEqual(system.user_id.company_ids, self.company)

    def test_a_network_that_is_none_is_refused_in_the_form(self):
        with self.assertRaisesRegex(ValidationError, "'plant' is not a network range"):
            self.system(allowed_networks="10.0.0.0/8\nplant")

    def test_an_allow_list_of_everything_is_none(self):
        for text in ("0.0.0.0/0", "::/0", "128.0.0.0/1", "10.0.0.0/7", "192.168.0.0/15", "fc00::/6"):
            with (
                self.subTest(text),
                self.assertRaisesRegex(ValidationError, "wider than any private network"),
            ):
                self.system(text, allowed_networks=f"10.20.0.0/16\n{text}")
        self.system(
            "Plant", allowed_networks="10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7, 203.0.114.0/24"
        )
