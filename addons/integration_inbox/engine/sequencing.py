"""Sequence check of messages: by the sender's sequence numbers per key, or else by the time of the event.

The time counts for types of which only the latest matters (``latest_wins``), per key and type. One from the
future counts as of when it came: a sender's wrong clock would else silence everything that follows.
"""

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.errors import NotYetKnown, Superseded

# index: integration_message_order_idx
HIGHEST_APPLIED = """
    SELECT coalesce(max(sequence), 0)
      FROM integration_message
     WHERE endpoint_id = %s AND partition_key = %s AND sequence IS NOT NULL
       AND state IN ('processed', 'superseded', 'shadowed', 'kept')
"""
# index: integration_message_order_idx
STATE_OF_NUMBER = """
    SELECT state FROM integration_message
     WHERE endpoint_id = %s AND partition_key = %s AND sequence = %s
     LIMIT 1
"""
# unique index on integration_message_latest (endpoint_id, type, key_digest)
LATER_APPLIED = """
    SELECT latest.occurred_at
      FROM integration_message AS message
      JOIN integration_message_latest AS latest
        ON latest.endpoint_id = message.endpoint_id
       AND latest.type = message.type
       AND latest.key_digest = encode(sha256(convert_to(message.partition_key, 'UTF8')), 'hex')
     WHERE message.id = %s
       AND latest.occurred_at > least(message.occurred_at, message.received_at)
"""
# Two that are applied at the same time meet in this row: the second is tried again after the first.
# unique index on integration_message_latest (endpoint_id, type, key_digest)
NOTE_LATEST = """
    INSERT INTO integration_message_latest AS latest (endpoint_id, type, key_digest, occurred_at)
         SELECT endpoint_id, type, encode(sha256(convert_to(partition_key, 'UTF8')), 'hex'),
                least(occurred_at, received_at)
           FROM integration_message
          WHERE id = %s
    ON CONFLICT (endpoint_id, type, key_digest) DO UPDATE
            SET occurred_at = greatest(latest.occurred_at, EXCLUDED.occurred_at)
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
        if _goes_by_time(message):
            self._check_time(message)
        if not message.sequence or not message.partition_key:
            return
        highest = self._highest_of(message)
        if message.sequence > highest + 1 and age_s < message.endpoint_id.gap_wait_s:
            raise NotYetKnown(_what_is_missing(message, highest + 1))
        if message.sequence <= highest and _only_latest_counts(message):
            raise Superseded(
                message.env._(
                    "Sequence %(newer)s of %(key)s was already processed.",
                    newer=highest,
                    key=message.partition_key,
                )
            )

    def _check_time(self, message):
        self.cr.execute(LATER_APPLIED, [message.id])
        later = self.cr.fetchone()
        if later:
            raise Superseded(
                message.env._(
                    "A later message for %(key)s was already processed: %(newer)s UTC.",
                    newer=later[0].isoformat(" ", "seconds"),
                    key=message.partition_key,
                )
            )

    def note_applied(self, message):
        if _goes_by_time(message):
            self.cr.execute(NOTE_LATEST, [message.id])
        if message.sequence and message.partition_key:
            key = message.endpoint_id.id, message.partition_key
            self._highest[key] = max(self._highest_of(message), message.sequence)

    def _highest_of(self, message):
        key = message.endpoint_id.id, message.partition_key
        if key not in self._highest:
            self.cr.execute(HIGHEST_APPLIED, list(key))
            self._highest[key] = self.cr.fetchone()[0]
        return self._highest[key]


def _only_latest_counts(message):
    handlers = declare.handlers_for(message.env.registry, message.type, message.version)
    return bool(handlers) and all(handler.latest_wins for handler in handlers)


def _goes_by_time(message):
    return bool(
        not message.sequence
        and message.partition_key
        and message.occurred_at
        and _only_latest_counts(message)
    )


def _what_is_missing(message, number):
    cr = message.env.cr
    cr.execute(STATE_OF_NUMBER, [message.endpoint_id.id, message.partition_key, number])
    (state,) = cr.fetchone() or (None,)
    texts = {
        None: message.env._(
            "Sequence %(mine)s of %(key)s waits for sequence %(missing)s, which was not received yet."
        ),
        "dead": message.env._("Sequence %(mine)s of %(key)s waits for sequence %(missing)s, which failed."),
        "quarantined": message.env._(
            "Sequence %(mine)s of %(key)s waits for sequence %(missing)s, which is quarantined."
        ),
    }
    text = texts.get(state) or message.env._("Sequence %(mine)s of %(key)s waits for sequence %(missing)s.")
    return text % {"mine": message.sequence, "key": message.partition_key, "missing": number}
