from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_core.policy.sync_status import DONE, FAILED, RETRYING, Standing

# A conversation shows so many of the latest messages about a record.
MOST_MESSAGES = 1000

# Messages that touched a record, and those that name it, which may have touched nothing yet.
# index: integration_message_record_record_idx, integration_message__subject_index
ABOUT = """
    SELECT link.res_model, link.res_id, NULL::varchar AS text, NULL::int AS of_system_id, link.message_id
      FROM unnest(%(models)s::varchar[], %(ids)s::int[]) AS part (res_model, res_id)
      JOIN integration_message_record AS link
        ON link.res_model = part.res_model AND link.res_id = part.res_id
 UNION
    SELECT NULL, NULL, named.text, named.system_id, message.id
      FROM unnest(%(texts)s::varchar[], %(systems)s::int[]) AS named (text, system_id)
      JOIN integration_message AS message ON message.subject = named.text
"""
MESSAGES = f"""
      FROM ({ABOUT}) AS about
      JOIN integration_message AS message ON message.id = about.message_id
      JOIN integration_endpoint AS endpoint ON endpoint.id = message.endpoint_id
     WHERE endpoint.company_id = ANY (%(companies)s)
       AND (about.of_system_id IS NULL OR about.of_system_id = endpoint.system_id)
"""
LISTED = f"""
    SELECT about.res_model, about.res_id, about.text, about.of_system_id, message.id
    {MESSAGES}
  ORDER BY message.id DESC
"""
# The latest message of each record, system and rank.
STANDINGS = f"""
    SELECT DISTINCT ON (about.res_model, about.res_id, about.text, about.of_system_id, endpoint.system_id, rank)
           about.res_model, about.res_id, about.text, about.of_system_id, endpoint.system_id,
           CASE WHEN message.state IN ('dead', 'quarantined') THEN {FAILED}
                WHEN message.state IN ('waiting', 'retrying') THEN {RETRYING}
                WHEN message.state = 'processed' THEN {DONE}
           END AS rank,
           message.id, message.state, message.reason, message.received_at, message.processed_at
    {MESSAGES}
       AND message.state IN ('dead', 'quarantined', 'waiting', 'retrying', 'processed')
  ORDER BY 1, 2, 3, 4, 5, rank, message.id DESC
"""  # noqa: S608, constants


class IntegrationLinked(models.AbstractModel):
    """Inbound messages of a business record."""

    _inherit = "integration.linked"

    @api.model
    def _integration_counts(self, parts, references):
        return super()._integration_counts(parts, references) + [
            (id_, 1) for id_, _message_id in self._integration_message_ids(parts, references)
        ]

    @api.model
    def _integration_message_ids(self, parts, references):
        """``{(id of a record, id of a message)}``, the latest first."""
        self.env.cr.execute(LISTED, self._integration_message_parameters(parts, references))
        return dict.fromkeys(
            (self._integration_record_of(parts, references, *about), message_id)
            for *about, message_id in self.env.cr.fetchall()
        )

    @api.model
    def _integration_message_parameters(self, parts, references):
        return {
            "models": [model for model, _id in parts],
            "ids": [id_ for _model, id_ in parts],
            "texts": [text for text, _system_id in references],
            "systems": [system_id for _text, system_id in references],
            "companies": self.env.companies.ids,
        }

    @api.model
    def _integration_record_of(self, parts, references, model, res_id, text, of_system_id):
        return parts[model, res_id] if model else references[text, of_system_id]

    @api.model
    def _integration_standings(self, parts, references):
        self.env.cr.execute(STANDINGS, self._integration_message_parameters(parts, references))
        found = []
        for *about, system_id, rank, id_, state, reason, received_at, processed_at in self.env.cr.fetchall():
            record_id = self._integration_record_of(parts, references, *about)
            at = processed_at or received_at
            text = self._integration_message_text(rank, state, reason, at)
            target = ("integration.message", id_)
            found.append((record_id, Standing(tuple(about[:2]), system_id, rank, at, text, target)))
        return super()._integration_standings(parts, references) + found

    @api.model
    def _integration_message_text(self, rank, state, reason, at):
        """What an operator reads of a message."""
        if rank == DONE:
            return self.env._("message processed %s", self._integration_when(at))
        label = {
            "dead": self.env._("message failed"),
            "quarantined": self.env._("message quarantined"),
            "waiting": self.env._("message waiting"),
            "retrying": self.env._("message retrying"),
        }[state]
        return f"{label}: {reason}" if reason else label

    def _integration_conversation_domain(self):
        parts = self._integration_parts()
        found = self._integration_message_ids(parts, self._integration_references(parts)) if parts else ()
        ids = list(dict.fromkeys(message_id for _id, message_id in found))[:MOST_MESSAGES]
        return super()._integration_conversation_domain() | Domain("message_id", "in", ids)

    @api.model
    def _integration_not_in_sync_ids(self, model):
        found = [
            *super()._integration_not_in_sync_ids(model),
            self._integration_unsettled(
                SQL(
                    """
            SELECT link.res_id
              FROM integration_external_id AS link
              JOIN unsettled ON unsettled.subject = link.external_key AND unsettled.system_id = link.system_id
             WHERE link.res_model = %s
            """,
                    model,
                )
            ),
        ]
        natural = self.env["integration.external.id"]._natural_keys().get(model)
        if natural:
            found.append(
                self._integration_unsettled(
                    SQL(
                        "SELECT record.id FROM %s AS record JOIN unsettled ON unsettled.subject = record.%s",
                        SQL.identifier(self.env[model]._table),
                        SQL.identifier(natural),
                    )
                )
            )
        return found

    @api.model
    def _integration_unsettled(self, query):
        # index: integration_message_failed_idx, integration_message_due_idx
        return SQL(
            """
            (WITH unsettled AS (
                SELECT message.subject, endpoint.system_id
                  FROM integration_message AS message
                  JOIN integration_endpoint AS endpoint ON endpoint.id = message.endpoint_id
                 WHERE endpoint.company_id = ANY (%s) AND message.subject IS NOT NULL
                   AND (message.state IN ('dead', 'quarantined') OR message.state IN ('waiting', 'retrying'))
             ) %s)
            """,
            self.env.companies.ids,
            query,
        )
