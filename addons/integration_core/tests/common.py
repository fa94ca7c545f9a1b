"""Builders: a system and users in two lines."""

from odoo.tests import TransactionCase, new_test_user


class IntegrationCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref("base.main_company")
        cls.env.user.company_ids |= cls.company
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids, "tracking_disable": True}
        )

    @classmethod
    def system(cls, name="Laser cutter gateway", **values):
        taken = cls.env["integration.system"].search_count([("name", "=like", f"{name}%")])
        name = f"{name} {taken + 1}" if taken else name
        return cls.env["integration.system"].create({"name": name, "company_id": cls.company.id, **values})

    @classmethod
    def user(cls, login, *groups):
        return cls.env["res.users"].search([("login", "=", login)]) or new_test_user(
            cls.env, login, groups=",".join(groups or ("base.group_user",)), company_id=cls.company.id
        )

    @classmethod
    def operator(cls):
        return cls.user("olga.operator", "integration_core.group_operator")

    @classmethod
    def manager(cls):
        return cls.user("anton.admin", "integration_core.group_manager")
