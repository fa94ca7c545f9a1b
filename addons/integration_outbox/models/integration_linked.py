from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_core.policy import sync_status
from odoo.addons.integration_core.policy.sync_status import DONE, FAILED, OVERDUE, RETRYING, UNDERWAY

# A conversation shows so many of the latest events of a record.
MOST_EVENTS = 1000

# index: integration_event_record_idx, integration_delivery_event_subscription_uniq
COUNTS = """
      SELECT event.res_model, event.res_id, count(*)
        FROM unnest(%(models)s::varchar[], %(ids)s::int[]) AS part (res_model, res_id)
        JOIN integration_event AS event ON event.res_model = part.res_model AND event.res_id = part.res_id
   LEFT JOIN integration_delivery AS delivery ON delivery.event_id = event.id
       WHERE (event.company_id IS NULL OR event.company_id = ANY (%(companies)s))
    GROUP BY event.res_model, event.res_id
"""
# The latest delivery of each record, system and rank.
# index: integration_event_record_idx, integration_delivery_event_subscription_uniq
STANDINGS = """
      SELECT DISTINCT ON (event.res_model, event.res_id, subscription.system_id, ranked.rank)
             event.res_model, event.res_id, subscription.system_id, ranked.rank, delivery.id, delivery.state,
             delivery.status_code, delivery.reason, delivery.attempt_count, delivery.created_at,
             delivery.next_attempt_at, delivery.delivered_at
        FROM unnest(%(models)s::varchar[], %(ids)s::int[]) AS part (res_model, res_id)
        JOIN integration_event AS event ON event.res_model = part.res_model AND event.res_id = part.res_id
        JOIN integration_delivery AS delivery ON delivery.event_id = event.id
        JOIN integration_subscription AS subscription ON subscription.id = delivery.subscription_id
CROSS JOIN LATERAL (
             SELECT CASE WHEN delivery.state = 'dead' THEN %(failed)s
                         WHEN delivery.state = 'retrying' THEN %(retrying)s
                         WHEN delivery.state = 'delivered' THEN %(done)s
                         WHEN delivery.state IN ('cancelled', 'expired') THEN NULL
                         WHEN delivery.created_at < clock_timestamp() AT TIME ZONE 'UTC'
                                                    - make_interval(secs => %(overdue_s)s) THEN %(overdue)s
                         ELSE %(underway)s
                    END AS rank
             ) AS ranked
       WHERE (event.company_id IS NULL OR event.company_id = ANY (%(companies)s)) AND ranked.rank IS NOT NULL
    ORDER BY event.res_model, event.res_id, subscription.system_id, ranked.rank, delivery.id DESC
"""


class IntegrationLinked(models.AbstractModel):
    """What was sent about a business record."""

    _inherit = "integration.linked"

    @api.model
    def _integration_counts(self, parts, references):
        self.env.cr.execute(COUNTS, self._integration_parameters(parts))
        counts = [(parts[model, id_], count) for model, id_, count in self.env.cr.fetchall()]
        return super()._integration_counts(parts, references) + counts

    @api.model
    def _integration_standings(self, parts, references):
        ranks = {"failed": FAILED, "retrying": RETRYING, "overdue": OVERDUE}
        ranks |= {"underway": UNDERWAY, "done": DONE, "overdue_s": sync_status.OVERDUE_S}
        self.env.cr.execute(STANDINGS, {**self._integration_parameters(parts), **ranks})
        found = []
        for model, res_id, system_id, rank, *delivery in self.env.cr.fetchall():
            text, at = self._integration_delivery_text(rank, *delivery[1:])
            target = ("integration.delivery", delivery[0])
            standing = sync_status.Standing((model, res_id), system_id, rank, at, text, target)
            found.append((parts[model, res_id], standing))
        return super()._integration_standings(parts, references) + found

    @api.model
    def _integration_parameters(self, parts):
        models_, ids = zip(*parts, strict=True)
        return {"models": list(models_), "ids": list(ids), "companies": self.env.companies.ids}

    @api.model
    def _integration_delivery_text(
        self, rank, state, status, reason, attempts, created_at, next_at, delivered_at
    ):
        """What an operator reads of a delivery, and the time that it counts from."""
        why = (reason or "").replace(f"Answered {status}", f"HTTP {status}")
        if rank == DONE:
            at = delivered_at or created_at
            return self.env._("delivered %s", self._integration_when(at)), at
        if rank == FAILED:
            return self.env._("failed: %s", why) if why else self.env._("failed"), created_at
        if rank == RETRYING:
            text = self.env._(
                "attempt %(number)s %(when)s",
                number=attempts + 1,
                when=self._integration_when(next_at or created_at),
            )
            return (f"{text}, {why}" if why else text), created_at
        if rank == OVERDUE:
            return self.env._("waiting, created %s", self._integration_when(created_at)), created_at
        return self.env._("on its way"), created_at

    def _integration_conversation_domain(self):
        parts = self._integration_parts()
        about = Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", [i for m, i in parts if m == model])
            for model in {model for model, _id in parts}
        )
        # Under the rules of the user; by ids, which reach the indexes of the tables.
        events = self.env["integration.event"].search(about, limit=MOST_EVENTS)
        return super()._integration_conversation_domain() | Domain("event_id", "in", events.ids)

    @api.model
    def _integration_not_in_sync_ids(self, model):
        # partial indexes: integration_delivery_held_idx, _due_idx, _after_idx, _lease_idx
        return [
            *super()._integration_not_in_sync_ids(model),
            SQL(
                """
                SELECT event.res_id
                  FROM integration_delivery AS delivery
                  JOIN integration_event AS event ON event.id = delivery.event_id
                 WHERE event.res_model = %(model)s AND (event.company_id IS NULL OR event.company_id = ANY (%(companies)s))
                   AND delivery.state NOT IN ('delivered', 'cancelled', 'expired')
                   AND (delivery.state IN ('dead', 'retrying')
                        OR delivery.created_at < clock_timestamp() AT TIME ZONE 'UTC'
                                                 - make_interval(secs => %(overdue_s)s))
                """,
                model=model,
                companies=self.env.companies.ids,
                overdue_s=sync_status.OVERDUE_S,
            ),
        ]
