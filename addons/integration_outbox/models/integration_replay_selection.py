from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import ordering

KEEP_DRAFTS_H = 24
WAITING = ("pending", "sending", "retrying")
# unique index on (event_id, subscription_id)
STATES = """
    SELECT CASE WHEN event.error IS NOT NULL OR event.data IS NULL THEN 'lost'
                WHEN NOT (subscription.active AND system.active) THEN 'archived'
                ELSE coalesce(delivery.state, 'none') END,
           count(*)
      FROM integration_replay_selection AS selection
      JOIN integration_event AS event ON event.id = selection.event_id
 LEFT JOIN integration_subscription AS subscription ON subscription.id = selection.subscription_id
 LEFT JOIN integration_system AS system ON system.id = subscription.system_id
 LEFT JOIN integration_delivery AS delivery
        ON delivery.event_id = selection.event_id AND delivery.subscription_id = selection.subscription_id
     WHERE selection.replay_id = %s
     GROUP BY 1
"""


class IntegrationReplaySelection(models.Model):
    """One row of what was selected for a replay: an event, and its subscription if a delivery was selected.

    Written in one statement when the selection is made, however large it is; goes with its replay.
    """

    _name = "integration.replay.selection"
    _description = "Selected for Replay"
    _order = "id"
    _rec_name = "event_id"
    _log_access = False

    replay_id = fields.Many2one("integration.replay", required=True, readonly=True, ondelete="cascade")
    event_id = fields.Many2one(
        "integration.event", required=True, readonly=True, ondelete="cascade", index=True
    )
    subscription_id = fields.Many2one(
        "integration.subscription", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    subject = fields.Char(related="event_id.subject", string="Reference")
    event_type = fields.Char(related="event_id.type", string="Event Type")
    occurred_at = fields.Datetime(related="event_id.occurred_at")
    delivery_id = fields.Many2one("integration.delivery", compute="_compute_delivery_id")
    delivery_state = fields.Selection(
        lambda self: self.env["integration.delivery"]._fields["state"]._description_selection(self.env),
        string="Delivery Status",
        compute="_compute_delivery_id",
    )

    _replay_idx = models.Index("(replay_id, id)")

    @api.depends("event_id", "subscription_id")
    def _compute_delivery_id(self):
        found = self.env["integration.delivery"].search(
            [("event_id", "in", self.event_id.ids), ("subscription_id", "in", self.subscription_id.ids)]
        )
        by_pair = {(d.event_id, d.subscription_id): d for d in found}
        for row in self:
            row.delivery_id = by_pair.get((row.event_id, row.subscription_id), False)
            row.delivery_state = row.delivery_id.state


class IntegrationReplay(models.Model):
    """A replay of exactly the rows that somebody selected in a list."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.replay"

    is_selection = fields.Boolean(readonly=True, copy=False)
    has_deliveries = fields.Boolean(compute="_compute_selection")
    selection_ids = fields.One2many("integration.replay.selection", "replay_id", readonly=True)
    selected_count = fields.Integer(string="Selected", compute="_compute_selection")
    selection_summary = fields.Char(compute="_compute_selection")

    def _compute_selection(self):
        counts = {
            replay: (rows, deliveries)
            for replay, rows, deliveries in self.env["integration.replay.selection"]._read_group(
                [("replay_id", "in", self.ids)], ["replay_id"], ["__count", "subscription_id:count"]
            )
        }
        for replay in self:
            replay.selected_count, deliveries = counts.get(replay._origin, (0, 0))
            replay.has_deliveries = bool(deliveries)
            replay.selection_summary = replay._summary() if replay.is_selection else False

    def _summary(self):
        """What is sent again, and what of the selection is not."""
        self.env.cr.execute(STATES, [self._origin.id])
        counts = dict(self.env.cr.fetchall())
        if self.has_deliveries:
            said = self._said_of_deliveries(counts)
        else:
            said = [self.env._("Selected events to send again: %s.", counts.get("none", 0))]
        if counts.get("lost"):
            said.append(
                self.env._("Not sent, because the payload was erased or never built: %s.", counts["lost"])
            )
        return " ".join(said)

    def _said_of_deliveries(self, counts):
        """:param counts: ``{state, 'archived' or 'lost': how many}``."""
        labels = dict(self.env["integration.delivery"]._fields["state"]._description_selection(self.env))
        again = {s: n for s, n in counts.items() if s in ordering.OVER or s == "dead"}
        listed = ", ".join(f"{n} {labels[s].lower()}" for s, n in sorted(again.items()))
        said = [
            self.env._("Deliveries to send again: %(n)s (%(states)s).", n=sum(again.values()), states=listed)
            if again
            else self.env._("Deliveries to send again: none.")
        ]
        waiting = sum(counts.get(state, 0) for state in WAITING)
        if waiting:
            said.append(self.env._("Left unchanged, because delivery is still in progress: %s.", waiting))
        if counts.get("archived"):
            said.append(
                self.env._(
                    "Not sent, because the subscription or system is archived: %s.", counts["archived"]
                )
            )
        return said

    @api.depends("is_selection")
    def _compute_name(self):
        selected = self.filtered("is_selection")
        for replay in selected:
            what = (
                self.env._("%s selected deliveries", replay.selected_count)
                if replay.has_deliveries
                else self.env._("%s selected events", replay.selected_count)
            )
            replay.name = what
        return super(IntegrationReplay, self - selected)._compute_name()

    @api.model
    def _open_selection_of(self, records):
        """A draft of a replay of these deliveries or events, opened.

        :param records: ``integration.delivery`` or ``integration.event``, which the user may read.
        :raises UserError: they belong to several companies: a replay is of one.
        """
        by = "subscription_id" if records._name == "integration.delivery" else "company_id"
        groups = records._read_group([("id", "in", records.ids)], [by])
        # An event without a company is of a record that all companies share.
        company = self.env["res.company"].union(
            *(group.company_id if by == "subscription_id" else group for (group,) in groups)
        )
        company = company or self.env.company
        if len(company) != 1:
            raise UserError(self.env._("Select rows of one company. A replay belongs to one company."))
        ends = Domain("delivery_ids" if by == "subscription_id" else "id", "in", records.ids)
        ((first, last),) = self.env["integration.event"]._read_group(
            ends, [], ["occurred_at:min", "occurred_at:max"]
        )
        replay = self.sudo().create(
            {
                "company_id": company.id,
                "is_selection": True,
                "since": first,
                "until": fields.Datetime.add(last, seconds=1),
                "event_patterns": "*",
            }
        )
        replay._select(records)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": self._name,
            "res_id": replay.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _select(self, records):
        """In the order of the events, which is the order that they are sent in."""
        is_of_deliveries = records._name == "integration.delivery"
        source = SQL(
            "SELECT event_id, subscription_id FROM integration_delivery WHERE id = ANY (%s)"
            if is_of_deliveries
            else "SELECT id, NULL::int FROM integration_event WHERE id = ANY (%s)",
            list(records.ids),
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO integration_replay_selection (replay_id, event_id, subscription_id)
                     SELECT %s, event_id, subscription_id
                       FROM (%s) AS selected (event_id, subscription_id)
                   ORDER BY event_id, subscription_id
                """,
                self.id,
                source,
            )
        )
        self.invalidate_recordset()

    def _extent(self):
        if not self.is_selection:
            return super()._extent()
        self.env.cr.execute(
            "SELECT min(id), max(id), count(*) FROM integration_replay_selection WHERE replay_id = %s",
            [self.id],
        )
        return self.env.cr.fetchone()

    def _account_details(self):
        if not self.is_selection:
            return super()._account_details()
        return {"total": self.total, "references": self.selection_ids[:100].mapped("subject")}

    @api.autovacuum
    def _gc_drafts(self):
        """A selection that nobody started is let go after a day."""
        before = fields.Datetime.subtract(fields.Datetime.now(), hours=KEEP_DRAFTS_H)
        self.search(
            [("state", "=", "draft"), ("is_selection", "=", True), ("create_date", "<", before)]
        ).unlink()
