from odoo.addons.integration_core.policy import patterns

from .. import emission


class Emitting:
    """Mixin of a test case: which events a change emits.

    >>> class TestScrap(Emitting, IntegrationCase):
    ...     def test_scrap_is_told(self):
    ...         self.scrap.action_validate()
    ...         self.assertEqual(self.emitted().mapped("type"), ["manufacturing.scrap.recorded"])
    """

    def commit_events(self):
        """Have the events of what was done so far emitted, as a commit does; what follows is compared anew.

        ``cr.flush()`` alone is what a savepoint does: the transaction goes on, and its events with it.
        """
        self.env.cr.flush()
        emission.forget(self.env.cr)

    def emitted(self, pattern="*", key=None):
        """The events so far, in the order in which they are told, as if the transaction committed now.

        :param pattern: of their types, as in a subscription. :param key: their business key.
        """
        self.commit_events()
        events = self.env["integration.event"].search(
            [("partition_key", "=", key)] if key else [], order="id"
        )
        return events.filtered(lambda event: patterns.fits([pattern], event.type))
