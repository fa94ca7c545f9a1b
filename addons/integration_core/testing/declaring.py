from .. import declare
from ..declare import catalog, events, handlers


class Declaring:
    """Mixin of a test case: declarations that hold for one test.

    >>> class TestRenamed(Declaring, Emitting, IntegrationCase):
    ...     def test_a_new_name_is_told(self):
    ...         self.declare(EventDeclaration("test.partner.renamed", 1, Partner, build, …))
    ...         self.partner.name = "Nordwind AG"
    ...         self.assertEqual(self.emitted("test.*").subject, "Nordwind AG")
    """

    def setUp(self):
        super().setUp()
        self._declared = dict(declare.EVENTS), {k: list(v) for k, v in events.RIVALS.items()}
        self._handled = {k: dict(v) for k, v in declare.HANDLERS.items()}, list(handlers.RIVALS)
        self.addCleanup(self._restore)

    def _restore(self):
        for registry, before in (
            (declare.EVENTS, self._declared[0]),
            (events.RIVALS, self._declared[1]),
            (declare.HANDLERS, self._handled[0]),
        ):
            registry.clear()
            registry.update(before)
        handlers.RIVALS[:] = self._handled[1]
        catalog.forget(self.env.registry)

    def declare(self, *declarations):
        """Add outbound declarations, as importing a module's ``events`` does."""
        for declaration in declarations:
            events.add(declaration)
        catalog.forget(self.env.registry)
