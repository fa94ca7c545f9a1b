"""Message as a handler gets it, in the environment of the service user."""

from collections import namedtuple

from odoo.addons.integration_core.errors import NotYetKnown, UnmappedCode

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
                    "%(kind)s %(key)s from %(system)s is unknown. Match it to a record, or create the record.",
                    system=self.system.sudo().name,
                    kind=self.env[model]._description,
                    key=key,
                ),
                model,
                key,
            )
        return record

    def look_up(self, model, key):
        """Like :meth:`find`, but empty when there is none."""
        return self.env["integration.external.id"]._find(self.system, model, key).with_env(self.env)

    def code(self, list_code, value, default=None):
        """What the sender's ``value`` means: a record where the list is one of records, else a text.

        :param default: what is meant where the list has no value; without it the message waits.
        :raises NotYetKnown: the list has no value for it, yet.
        """
        if value is None:
            return None
        value = str(value).strip()
        snapshot = self.env["integration.code"].sudo()._snapshot(self.system.id, list_code, "in")
        if snapshot and value in snapshot.values:
            if not snapshot.model:
                return snapshot.values[value]
            return self.env[snapshot.model].browse(snapshot.ids[value])
        if default is not None:
            return default
        if snapshot is None:
            raise NotYetKnown(self.env._("There is no code list %s.", list_code))
        raise UnmappedCode(
            self.env._(
                "Code list %(list)s has no value for %(value)s of %(system)s.",
                list=list_code,
                value=value,
                system=self.system.sudo().name,
            ),
            list_code,
            value,
        )

    def learn(self, record, key):
        """Note that the sender calls ``record`` by ``key``."""
        self.env["integration.external.id"]._learn(self.system, record, key)
