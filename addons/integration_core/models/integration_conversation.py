from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Rows of several tables in one: the ids of each branch take every eighth number.
ID_STEP = 8


class IntegrationConversation(models.Model):
    """What was sent about business records and what was received about them, as one list; read only.

    A row is an event for one receiver, or a message. It has no table: each module that keeps one side adds
    its branch, and conditions on the indexed columns reach the tables through it.
    """

    _name = "integration.conversation"
    _description = "Integration Conversation"
    _order = "at desc, id desc"
    _rec_name = "subject"
    _auto = False
    _log_access = False

    at = fields.Datetime(string="Time", readonly=True)
    direction = fields.Selection([("out", "Outbound"), ("in", "Inbound")], readonly=True)
    system_id = fields.Many2one("integration.system", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    type = fields.Char(string="Event Type", readonly=True)
    subject = fields.Char(string="Reference", readonly=True)
    state = fields.Selection([], string="Status", readonly=True)
    reason = fields.Char(readonly=True)
    next_attempt_at = fields.Datetime(string="Next Attempt", readonly=True)
    correlation_id = fields.Char(string="Correlation ID", readonly=True)
    target_model = fields.Char(readonly=True)
    target_id = fields.Many2oneReference(model_field="target_model", readonly=True)

    @api.model
    def _branches(self):
        """``[(model, FROM clause, {column: expression})]``; a column that a branch does not have is empty there.

        ``target_id`` is the id of the row of ``model`` that a row of the conversation stands for.
        """
        return []

    @property
    def _table_query(self):
        kinds = {
            name: SQL(field.column_type[1])
            for name, field in self._fields.items()
            if name != "id" and field.store and field.column_type
        }
        return SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s::bigint * %s + %s AS id, %s FROM %s",
                columns["target_id"],
                ID_STEP,
                number,
                SQL(", ").join(
                    SQL("%s::%s AS %s", columns.get(name, SQL("NULL")), kind, SQL.identifier(name))
                    for name, kind in kinds.items()
                ),
                source,
            )
            for number, (source, columns) in enumerate(self._sources())
        )

    def _sources(self):
        branches = [
            (source, {**columns, "target_model": SQL("%s", model)})
            for model, source, columns in self._branches()
        ]
        return branches or [(SQL("(SELECT 1) AS nothing WHERE false"), {"target_id": SQL("0")})]

    @api.model
    def _search(self, domain, *args, **kwargs):
        # The id is computed: what is asked of it is asked of the ids of the tables, which have an index.
        domain = Domain(domain).map_conditions(self._of_targets)
        return super()._search(domain, *args, **kwargs)

    def _of_targets(self, condition):
        if condition.field_expr != "id" or condition.operator not in ("=", "in"):
            return condition
        ids = condition.value if condition.operator == "in" else [condition.value]
        models_ = [model for model, _source, _columns in self._branches()]
        return Domain.OR(
            Domain("target_model", "=", model)
            & Domain("target_id", "in", [id_ // ID_STEP for id_ in ids if id_ and id_ % ID_STEP == number])
            for number, model in enumerate(models_)
        )

    def exists(self):
        found = set(self.sudo()._search([("id", "in", self.ids)]))
        return self.filtered(lambda row: row.id in found)

    def action_open(self):
        """The delivery, event or message that the row stands for."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.target_model,
            "res_id": self.target_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_open_trace(self):
        """Everything with the row's correlation id, whatever record it is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Trace of %s", self.subject or self.type),
            "res_model": "integration.conversation",
            "view_mode": "list",
            "views": [(False, "list")],
            "domain": [("correlation_id", "=", self.correlation_id)],
        }
