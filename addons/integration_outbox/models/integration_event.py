from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.models.integration_classified import SEES_ALL
from odoo.addons.integration_core.policy import masking
from odoo.addons.integration_core.wire.pretty import pretty

from .. import emission
from ..engine import ordering
from ..engine.deliveries import Claimed

RETENTION_BATCH = 1000
DEFAULT_RETENTION_DAYS = 90

# primary key; oldest first, so that it stops at the first batch that is all too young
LET_GO = """
    WITH kept AS (
        SELECT * FROM unnest(%(types)s::varchar[], %(days)s::int[]) AS kept (type, days)
    ), looked_at AS (
        SELECT event.id,
               event.occurred_at < clock_timestamp() AT TIME ZONE 'UTC'
                                   - make_interval(days => coalesce(kept.days, %(default)s)) AS is_old
          FROM integration_event AS event
     LEFT JOIN kept ON kept.type = event.type
         WHERE event.id > %(after)s
           AND event.occurred_at < clock_timestamp() AT TIME ZONE 'UTC'
                                   - make_interval(days => (SELECT least(min(days), %(default)s) FROM kept))
         ORDER BY event.id
         LIMIT %(batch)s
    ), gone AS (
        DELETE FROM integration_event AS event
              USING looked_at
              WHERE event.id = looked_at.id AND looked_at.is_old
                AND NOT EXISTS (SELECT FROM integration_delivery AS delivery
                                 WHERE delivery.event_id = event.id
                                   AND delivery.state NOT IN ('delivered', 'cancelled', 'expired'))
                AND NOT EXISTS (SELECT FROM integration_event_pending AS pending WHERE pending.id = event.id)
          RETURNING event.id
    )
    SELECT (SELECT max(id) FROM looked_at), (SELECT count(*) FROM gone)
"""


class IntegrationEvent(models.Model):
    """One committed business fact, append-only.

    pending     committed, not queued for the subscriptions yet
    dispatched  has a delivery for every subscription that wants it
    unbuilt     the change committed, but its payload could not be built; ``error`` says why
    erased      its payload was erased on a data subject request: it is neither built nor sent again

    Rows are written by ``emission``, in SQL; neither the engine nor anybody else changes one. That an
    event is pending is a row of ``integration.event.pending``.
    """

    _name = "integration.event"
    _inherit = ["integration.record.link", "integration.classified"]
    _description = "Integration Event"
    _order = "id desc"
    _rec_name = "subject"
    _log_access = False

    event_id = fields.Char(string="Event ID", required=True, readonly=True)
    type = fields.Char(string="Event Type", required=True, readonly=True)
    version = fields.Integer(required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        help="Company of the record. Empty: the record is shared by all companies.",
    )
    occurred_at = fields.Datetime(string="Occurred On", required=True, readonly=True)
    subject = fields.Char(string="Reference", readonly=True, index=True)
    partition_key = fields.Char(readonly=True)
    data = fields.Text(readonly=True, groups=SEES_ALL)
    data_pretty = fields.Text(string="Payload", compute="_compute_data_pretty")
    error = fields.Char(string="Payload Error", readonly=True)
    is_erased = fields.Boolean(readonly=True)
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("dispatched", "Dispatched"),
            ("unbuilt", "Payload Missing"),
            ("erased", "Payload Erased"),
        ],
        string="Status",
        compute="_compute_state",
        search="_search_state",
    )
    correlation_id = fields.Char(readonly=True, index=True)
    causation_id = fields.Char(readonly=True)
    traceparent = fields.Char(readonly=True)
    origin_system_id = fields.Many2one(
        "integration.system",
        string="Caused By",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="System whose message led to the event.",
    )
    is_echo = fields.Boolean(
        string="Echo",
        readonly=True,
        help="The event repeats what the system reported itself. It is not sent back to that system.",
    )
    is_older_version = fields.Boolean(
        readonly=True, help="A newer version of the same event was recorded with it."
    )
    delivery_ids = fields.One2many("integration.delivery", "event_id", readonly=True)
    delivery_count = fields.Integer(compute="_compute_delivery_count")
    delivered_text = fields.Char(
        string="Delivered",
        compute="_compute_delivery_count",
        help="Number of subscriptions that got the event, of those that want it.",
    )
    delivery_status = fields.Selection(
        [
            ("pending", "Pending"),
            ("unbuilt", "Payload Missing"),
            ("erased", "Payload Erased"),
            ("unwanted", "No Subscription"),
            ("progress", "In Progress"),
            ("failed", "Failed"),
            ("delivered", "Delivered"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_delivery_count",
        help="Status of the deliveries of the event, over all subscriptions.",
    )

    _event_id_uniq = models.UniqueIndex("(event_id)")
    # Replay asks for a span of time; rows lie in that order, so a few kilobytes index any number.
    _occurred_idx = models.Index("USING brin (occurred_at)")
    _unbuilt_idx = models.Index("(id) WHERE error IS NOT NULL")
    _record_idx = models.Index("(res_model, res_id)")

    @api.depends_context("uid")
    @api.depends("data")
    def _compute_data_pretty(self):
        for event, opened in zip(self, self.sudo(), strict=True):
            event.data_pretty = event._shown(pretty(opened.data), opened._hidden())

    def _hidden(self):
        declaration = declare.event_for(self.env.registry, self.type, self.version)
        return masking.hidden([declaration.data], [declaration.data_class]) if declaration else None

    @api.depends("error", "is_erased")
    def _compute_state(self):
        pending = set(self.env["integration.event.pending"].sudo().browse(self.ids).exists().ids)
        for event in self:
            if event.is_erased:
                event.state = "erased"
            elif event.error:
                event.state = "unbuilt"
            else:
                event.state = "pending" if event.id in pending else "dispatched"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        pending = Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "EXISTS (SELECT FROM integration_event_pending AS pending WHERE pending.id = %s)",
                SQL.identifier(alias, "id"),
            )
        )
        domains = {
            "unbuilt": Domain("error", "!=", False) & Domain("is_erased", "!=", True),
            "erased": Domain("is_erased", "=", True),
            "pending": pending,
            "dispatched": Domain("error", "=", False) & ~pending,
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    def _compute_delivery_count(self):
        """unique index on (event_id, subscription_id)"""
        counts = defaultdict(dict)
        for event, state, count in self.env["integration.delivery"]._read_group(
            [("event_id", "in", self.ids)], ["event_id", "state"], ["__count"]
        ):
            counts[event][state] = count
        for event in self:
            own = counts[event._origin]
            event.delivery_count = sum(own.values())
            event.delivered_text = f"{own.get('delivered', 0)}/{event.delivery_count}" if own else False
            event.delivery_status = event._delivery_status(own)

    def _delivery_status(self, counts):
        """:param counts: ``{state of a delivery: how many}``."""
        if self.state != "dispatched":
            return self.state
        if not counts:
            return "unwanted"
        if counts.keys() & {"dead", "expired"}:
            return "failed"
        if counts.keys() - {*ordering.OVER}:
            return "progress"
        return "delivered" if "delivered" in counts else "cancelled"

    def _as_claimed(self):
        """This event as the engine's composing sees one that it claimed."""
        self.ensure_one()
        row = Claimed._make([None] * len(Claimed._fields))
        return row._replace(
            event_id=self.event_id,
            type=self.type,
            version=self.version,
            company_id=self.company_id.id or None,
            occurred_at=self.occurred_at,
            subject=self.subject,
            partition_key=self.partition_key,
            correlation_id=self.correlation_id or None,
            causation_id=self.causation_id or None,
            traceparent=self.traceparent or None,
            data=self.sudo().data,
        )

    def action_open_deliveries(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deliveries of %s", self.subject),
            "res_model": "integration.delivery",
            "view_mode": "list,form",
            "domain": [("event_id", "=", self.id)],
        }

    def action_replay(self):
        """Open a replay of exactly these events, to all subscriptions that want them or to chosen ones."""
        self._check_operator()
        return self.env["integration.replay"]._open_selection_of(self)

    def action_build(self):
        """Build the missing payload from the records as they are now."""
        self._check_operator()
        self.lock_for_update()
        for event in self.filtered(lambda e: e.state == "unbuilt").sudo():
            event._build_again()
        self.env["integration.worker"].sudo()._wake("outbox")
        return True

    def _build_again(self):
        declaration = declare.event_for(self.env.registry, self.type, self.version)
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not declaration or not record:
            raise UserError(
                self.env._(
                    "%s: the payload cannot be built. The record or the event type no longer exists.",
                    self.subject,
                )
            )
        draft = emission.Draft(declaration, self.res_id, self.event_id)
        if not emission.build_one(record, draft):
            raise UserError(
                self.env._(
                    "%s: the payload cannot be built. The record is in another state now.", self.subject
                )
            )
        if draft.error:
            raise UserError(self.env._("%(name)s: %(why)s", name=self.subject, why=draft.error))
        self.write(
            {
                "subject": draft.subject,
                "partition_key": draft.partition_key,
                "data": draft.data,
                "error": False,
            }
        )
        self._mark_pending()

    def _erase_payload(self, request):
        """What they say is gone, here and in what waits to be sent; that they happened stays."""
        self.delivery_ids.filtered(lambda d: d.state in ("pending", "retrying", "dead"))._transition(
            "cancelled", ("pending", "retrying", "dead")
        )
        self.env["integration.event.pending"].browse(self.ids).exists().unlink()
        self.write({"data": False, "error": self.env._("Payload erased"), "is_erased": True})
        request._redact(self, "subject", "partition_key")
        over = self.delivery_ids.filtered(lambda d: d.state in ("delivered", "cancelled", "expired"))
        request._redact(over, "partition_key")  # of one that is on its way, others may stand behind it

    def _mark_pending(self):
        """Have these events handed out, as if they had just been committed."""
        self.flush_recordset()
        self.env.cr.execute(
            "INSERT INTO integration_event_pending (id) SELECT unnest(%s) ON CONFLICT DO NOTHING", [self.ids]
        )
        self.invalidate_recordset(["state"])

    # -- retention -------------------------------------------------------------------------------

    @api.model
    def _cron_retention(self):
        """Let go of events whose time is over, in small batches, until none is left or this cron's time is.

        How long an event is kept is set at its type, and bounded by its data class. One that is not delivered yet, or that is dead, stays
        until a person decides; deliveries and attempts go with their event, the hours' counts stay.
        """
        types = self.env["integration.event.type"].sudo().search([("direction", "=", "outbound")])
        days = {}
        for event_type in types:
            days[event_type.name] = min(event_type.kept_days, days.get(event_type.name, event_type.kept_days))
        after = 0
        while after is not None:
            after, gone = self._let_go(days, after)
            if not self.env["ir.cron"]._commit_progress(gone):
                return

    def _let_go(self, days, after):
        """One batch. :return: the id to go on from (``None`` at the end), how many went."""
        self.env.cr.execute(
            LET_GO,
            {
                "types": list(days),
                "days": list(days.values()),
                "default": DEFAULT_RETENTION_DAYS,
                "after": after,
                "batch": RETENTION_BATCH,
            },
        )
        last, gone = self.env.cr.fetchone()
        self.invalidate_model()
        return last, gone
