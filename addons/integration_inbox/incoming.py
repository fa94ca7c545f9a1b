"""What a handler gets: the message as business code needs it, in the service user's environment."""

from collections import namedtuple

from odoo.addons.integration_core.errors import NotYetKnown

# One event of a message, as it was mapped: ``data`` still unchecked.
Event = namedtuple("Event", "type version subject occurred_at data")


class Incoming:
    """:ivar env: environment of the endpoint's service user and company, under their access rules.
    :ivar data: the validated data. :ivar system: the sender.
    """

    def __init__(self, message, env, event, data):
        self.env = env
        self.data = data
        self.system = message.system_id
        self.message_id = message.message_id
        self.occurred_at = event.occurred_at
        self.subject = event.subject

    def find(self, model, key):
        """The record that the sender calls ``key``.

        :raises NotYetKnown: there is none, yet; an operator may say which one is meant.
        """
        record = self.look_up(model, key)
        if not record:
            raise NotYetKnown(
                self.env._(
                    "%(system)s speaks of %(kind)s %(key)s, which is not known here.",
                    system=self.system.sudo().name,
                    kind=self.env[model]._description.lower(),
                    key=key,
                ),
                model,
                key,
            )
        return record

    def look_up(self, model, key):
        """Like :meth:`find`, but empty when there is none."""
        return self.env["integration.external.id"]._find(self.system, model, key).with_env(self.env)

    def learn(self, record, key):
        """Note that the sender calls ``record`` by ``key``."""
        self.env["integration.external.id"]._learn(self.system, record, key)
