from odoo.exceptions import UserError
from odoo.tests import tagged

from .. import declare
from ..canonical import Canonical
from ..declare import EventDeclaration, becomes, changed, created, handlers
from ..testing import Declaring, IntegrationCase


class Named(Canonical):
    reference: str


def build(system):
    """A system was named."""
    return Named(reference=system.name)


@tagged("post_install", "-at_install")
class TestDeclarationChecks(Declaring, IntegrationCase):
    """A wrong declaration stops its module with a sentence; it does not stay silent."""

    def says(self, **values):
        """What the checks say of a declaration."""
        self._restore()
        self.declare(
            EventDeclaration(
                **{
                    "name": "test.system.named",
                    "version": 1,
                    "data": Named,
                    "build": build,
                    "model": "integration.system",
                    "triggers": (created(),),
                    "module": "integration_core",
                    "key": "reference",
                    **values,
                }
            )
        )
        try:
            declare.check(self.env)
        except declare.DeclarationError as error:
            return str(error)
        return None

    def test_what_the_installed_modules_declare_is_right(self):
        declare.check(self.env)

    def test_a_mistake_names_the_declaration_and_its_file(self):
        says = self.says(model="integration.systm")
        self.assertIn("test.system.named v1", says)
        self.assertIn("test_declaration_checks.py", says)
        self.assertIn("there is no model integration.systm", says)

    def test_each_kind_of_mistake_has_its_sentence(self):
        for values, sentence in (
            ({"triggers": ()}, "nothing triggers it"),
            ({"triggers": (changed("nmae"),)}, "has no field nmae"),
            ({"triggers": (changed("display_name"),)}, "is not stored"),
            ({"triggers": (changed("credential_ids"),)}, "watch its lines"),
            ({"triggers": (becomes(criticality="urgnt"),)}, "never becomes 'urgnt'"),
            ({"triggers": (created("res.partner"),)}, "does not say how that leads"),
            ({"triggers": (created("res.partner", via="user_id"),)}, "leads from res.partner to res.users"),
            ({"triggers": (created("res.partner", via="sytem_id"),)}, "has no field sytem_id"),
            ({"triggers": (created("res.partner", via="name"),)}, "leads to no record"),
            ({"triggers": (created("res.prtner", via="x"),)}, "no model res.prtner to watch"),
            ({"key": "refrence"}, "there is no refrence"),
            ({"key": "reference.code"}, "there is no code"),
            ({"data": dict}, "is no canonical model"),
            ({"company": "user_id"}, "not to a company"),
            ({"part_of": "mrp.prodction"}, "which is no model"),
        ):
            with self.subTest(sentence):
                self.assertIn(sentence, self.says(**values) or "")

    def test_a_right_declaration_is_right(self):
        self.assertIsNone(self.says())
        self.assertIsNone(self.says(triggers=(becomes(criticality="critical"), changed("name", "active"))))

    def test_the_same_name_and_version_is_declared_once(self):
        self.assertIsNone(self.says())
        self.declare(
            EventDeclaration(
                "test.system.named",
                1,
                Named,
                build,
                "integration.system",
                (created(),),
                "integration_core",
                "reference",
            )
        )
        with self.assertRaisesRegex(declare.DeclarationError, "test.system.named v1 is declared twice"):
            declare.check(self.env)

    def test_the_same_event_of_a_module_that_is_not_installed_is_no_matter(self):
        self.assertIsNone(self.says())
        self.declare(
            EventDeclaration(
                "test.system.named",
                1,
                Named,
                build,
                "no.model",
                (created(),),
                "integration_other",
                "reference",
            )
        )
        declare.check(self.env)
        found = declare.event_for(self.env.registry, "test.system.named", 1)
        self.assertEqual(found.model, "integration.system")

    def test_a_handler_that_would_replace_another_is_a_mistake(self):
        def apply(message, data):
            """Apply it."""

        def other(message, data):
            """Apply it, too."""

        apply.__module__ = other.__module__ = "odoo.addons.integration_core.handlers"
        other.__qualname__ = apply.__qualname__
        declare.handler("test.system.seen", 1, Named)(apply)
        declare.check(self.env)
        declare.handler("test.system.seen", 1, Named)(other)
        with self.assertRaisesRegex(declare.DeclarationError, "test.system.seen v1 is declared twice"):
            declare.check(self.env)

    def test_several_functions_may_handle_one_event(self):
        def apply(message, data):
            """Apply it."""

        def other(message, data):
            """Apply it, too."""

        apply.__module__ = other.__module__ = "odoo.addons.integration_core.handlers"
        declare.handler("test.system.seen", 1, Named)(apply)
        declare.handler("test.system.seen", 1, Named)(other)
        declare.check(self.env)
        self.assertFalse(handlers.RIVALS)
        self.assertEqual(len(declare.handlers_for(self.env.registry, "test.system.seen", 1)), 2)

    def test_a_handler_mirrors_what_there_is(self):
        def apply(message, data):
            """Apply it."""

        apply.__module__ = "odoo.addons.integration_core.handlers"
        declare.handler("test.system.seen", 1, Named, mirrors=("test.system.gone",))(apply)
        with self.assertRaisesRegex(declare.DeclarationError, "mirrors test.system.gone, which no installed"):
            declare.check(self.env)

    def test_a_module_with_a_mistake_is_not_installed(self):
        module = self.env["ir.module.module"].search([("name", "=", "integration_core")])
        self.assertIn("has no field nmae", self.says(triggers=(changed("nmae"),)))
        with self.assertRaisesRegex(UserError, "test.system.named v1 .*has no field nmae"):
            module.write({"state": "installed"})
        with self.assertRaises(declare.DeclarationError):
            self.env["integration.event.type"]._register_hook()
