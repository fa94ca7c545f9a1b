from odoo import api, models

from ..engine.settle import note

BATCH = 1000

# Of what needs nobody any more; the row stays, so that a repeat is known.
# index: integration_message_body_idx
LET_GO_OF_BODIES = """
    WITH old AS (
        SELECT message.id
          FROM integration_message AS message
          JOIN integration_endpoint AS endpoint ON endpoint.id = message.endpoint_id
     LEFT JOIN unnest(%s::varchar[], %s::int[]) AS of_class (type, days) ON of_class.type = message.type
         WHERE message.body IS NOT NULL
           AND message.received_at < clock_timestamp() AT TIME ZONE 'UTC'
                                     - make_interval(days => least(endpoint.body_days, of_class.days))
           AND message.state IN ('processed', 'superseded', 'kept', 'shadowed')
         ORDER BY message.id
         LIMIT %s
           FOR UPDATE OF message SKIP LOCKED
    )
    UPDATE integration_message
       SET body = NULL, raw = NULL, derived = NULL, headers = NULL, difference = NULL
     WHERE id IN (SELECT id FROM old)
"""
# primary key, oldest first
LET_GO = """
    WITH old AS (
        SELECT message.id
          FROM integration_message AS message
          JOIN integration_endpoint AS endpoint ON endpoint.id = message.endpoint_id
         WHERE message.body IS NULL
           AND message.received_at < clock_timestamp() AT TIME ZONE 'UTC'
                                     - make_interval(days => endpoint.window_days)
         ORDER BY message.id
         LIMIT %s
           FOR UPDATE OF message SKIP LOCKED
    )
    DELETE FROM integration_message WHERE id IN (SELECT id FROM old)
"""
# A scan: one row per key and type, of the few types of which only the latest counts.
LET_GO_OF_LATEST = """
    DELETE FROM integration_message_latest
     WHERE id IN (SELECT latest.id
                    FROM integration_message_latest AS latest
                    JOIN integration_endpoint AS endpoint ON endpoint.id = latest.endpoint_id
                   WHERE latest.occurred_at < clock_timestamp() AT TIME ZONE 'UTC'
                                              - make_interval(days => endpoint.window_days)
                   LIMIT %s)
"""

# A scan: at most fifty rows per endpoint.
LET_GO_OF_REFUSALS = """
    DELETE FROM integration_endpoint_refusal
     WHERE id IN (SELECT id
                    FROM integration_endpoint_refusal
                   WHERE refused_at < clock_timestamp() AT TIME ZONE 'UTC' - interval '30 days'
                   LIMIT %s)
"""


class IntegrationMessage(models.Model):
    """Retention of messages: rows for the deduplication window, payloads for their own period.

    Payloads as long as their endpoint says, and not longer than the data class of what they tell allows.
    """

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.message"

    _body_idx = models.Index("(id) WHERE body IS NOT NULL")

    @api.model
    def _cron_retention(self):
        """In small batches, until nothing is left to do or this cron's time is up.

        What is dead or quarantined, or still waits, stays until a person decides.
        """
        types = self.env["integration.event.type"].sudo().search([("direction", "=", "inbound")])
        by_class = self.env["integration.data.retention"]._days_of(types)
        classes = [list(by_class), list(by_class.values())]
        for statement, values in (
            (LET_GO_OF_BODIES, [*classes, BATCH]),
            (LET_GO, [BATCH]),
            (LET_GO_OF_LATEST, [BATCH]),
            (LET_GO_OF_REFUSALS, [BATCH]),
        ):
            while True:
                self.env.cr.execute(statement, values)
                gone = self.env.cr.rowcount
                self.invalidate_model()
                if not self.env["ir.cron"]._commit_progress(gone):
                    return
                if not gone:
                    break

    def _erase_payload(self, request):
        """What they say is gone; that they came, and what became of them, stays."""
        self.lock_for_update()
        text = self.env._("The payload was erased")
        gone = dict.fromkeys(("body", "raw", "derived", "headers", "difference"), False)
        ended = self.filtered(lambda m: m.state in ("processed", "superseded", "kept", "shadowed"))
        ended.write({**gone, "reason": text})
        for message in self - ended:
            message._transition("dead", [message.state], reason=text, next_attempt_at=False, **gone)
        request._redact(self, "subject", "missing_key", "partition_key")
        request._redact(self.note_ids, "reason")
        for message in self:
            note(self.env.cr, message.id, message.state, text, self.env.uid)
