"""A test case with builders: a system and users in two lines."""

from odoo.tests import TransactionCase, new_test_user

from ..policy import backoff


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

    def without_jitter(self):
        """Retries come as late as they may. Drawn from zero on, one may be due at once, in the same run of
        a lane; how it is drawn is tested by itself (tests/unit/test_policy.py)."""
        delay_s = backoff.delay_s
        self.patch(backoff, "delay_s", lambda attempt, schedule=(): delay_s(attempt, schedule, lambda: 1.0))
