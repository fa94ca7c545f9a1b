"""Whether a numbered message is next: its sender's sequence numbers, per key."""

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.errors import NotYetKnown, Superseded

# index: integration_message_order_idx
HIGHEST_APPLIED = """
    SELECT coalesce(max(sequence), 0)
      FROM integration_message
     WHERE endpoint_id = %s AND partition_key = %s AND sequence IS NOT NULL
       AND state IN ('processed', 'superseded', 'shadowed')
"""
# index: integration_message_order_idx
STATE_OF_NUMBER = """
    SELECT state FROM integration_message
     WHERE endpoint_id = %s AND partition_key = %s AND sequence = %s
     LIMIT 1
"""


class Sequencing:
    """The sequence check of one transaction: what it applies itself is not in the table yet."""

    def __init__(self, cr):
        self.cr = cr
        self._highest = {}

    def check(self, message, age_s):
        """Whether the messages before this one were applied.

        :param age_s: since it was received.
        :raises NotYetKnown: a number is missing, and may still come.
        :raises Superseded: a later one was applied, and this type only tells the latest state.
        """
        if not message.sequence or not message.partition_key:
            return
        highest = self._highest_of(message)
        if message.sequence > highest + 1 and age_s < message.endpoint_id.gap_wait_s:
            raise NotYetKnown(_what_is_missing(message, highest + 1))
        handlers = declare.handlers_for(message.env.registry, message.type, message.version)
        if message.sequence <= highest and handlers and all(handler.latest_wins for handler in handlers):
            raise Superseded(
                message.env._(
                    "Number %(newer)s of %(key)s was applied before.",
                    newer=highest,
                    key=message.partition_key,
                )
            )

    def note_applied(self, message):
        if message.sequence and message.partition_key:
            key = message.endpoint_id.id, message.partition_key
            self._highest[key] = max(self._highest_of(message), message.sequence)

    def _highest_of(self, message):
        key = message.endpoint_id.id, message.partition_key
        if key not in self._highest:
            self.cr.execute(HIGHEST_APPLIED, list(key))
            self._highest[key] = self.cr.fetchone()[0]
        return self._highest[key]


def _what_is_missing(message, number):
    cr = message.env.cr
    cr.execute(STATE_OF_NUMBER, [message.endpoint_id.id, message.partition_key, number])
    (state,) = cr.fetchone() or (None,)
    texts = {
        None: message.env._(
            "Number %(mine)s of %(key)s waits for number %(missing)s, which has not come yet."
        ),
        "dead": message.env._("Number %(mine)s of %(key)s waits for number %(missing)s, which is dead."),
        "quarantined": message.env._(
            "Number %(mine)s of %(key)s waits for number %(missing)s, which is quarantined."
        ),
    }
    text = texts.get(state) or message.env._("Number %(mine)s of %(key)s waits for number %(missing)s.")
    return text % {"mine": message.sequence, "key": message.partition_key, "missing": number}
