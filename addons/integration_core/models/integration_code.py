from collections import namedtuple

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ..policy import codes

# ``values``: ``{value: what it stands for}``; ``ids`` of the records, where they are of ``model``.
Snapshot = namedtuple("Snapshot", "values ids model")
# What a change of makes a code mean something else.
MEANS = {"list_id", "system_id", "external_value", "value", "res_id", "direction"}

# Values of one list and system; they are kept in memory.
MOST_VALUES = 20_000
# Unmapped values of one list and system that are collected: a partner can invent any number.
MOST_UNMAPPED = 500

# unique index: integration_code_external_uniq; partial index: integration_code_unmapped_idx
NOTE_EXTERNAL = """
    INSERT INTO integration_code (list_id, system_id, company_id, external_value, direction, state,
                                  seen_count, first_seen_at, last_seen_at)
         SELECT list.id, system.id, system.company_id, %(value)s, 'in', 'unmapped', %(times)s,
                clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC'
           FROM integration_code_list AS list, integration_system AS system
          WHERE list.code = %(list)s AND system.id = %(system)s
            AND (SELECT count(*) FROM integration_code AS other
                  WHERE other.state = 'unmapped' AND other.list_id = list.id
                    AND other.system_id = system.id) < %(most)s
    ON CONFLICT (list_id, system_id, external_value) WHERE direction <> 'out' DO UPDATE
            SET seen_count = integration_code.seen_count + excluded.seen_count,
                last_seen_at = excluded.last_seen_at
      RETURNING id
"""
# unique index: integration_code_value_uniq; partial index: integration_code_unmapped_idx
NOTE_VALUE = """
    INSERT INTO integration_code (list_id, system_id, company_id, value, direction, state,
                                  seen_count, first_seen_at, last_seen_at)
         SELECT list.id, system.id, system.company_id, %(value)s, 'out', 'unmapped', %(times)s,
                clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC'
           FROM integration_code_list AS list, integration_system AS system
          WHERE list.code = %(list)s AND system.id = %(system)s
            AND (SELECT count(*) FROM integration_code AS other
                  WHERE other.state = 'unmapped' AND other.list_id = list.id
                    AND other.system_id = system.id) < %(most)s
    ON CONFLICT (list_id, system_id, value) WHERE direction <> 'in' DO UPDATE
            SET seen_count = integration_code.seen_count + excluded.seen_count,
                last_seen_at = excluded.last_seen_at
      RETURNING id
"""


def note_unmapped(cr, system_id, list_code, value, is_outbound=False, times=1):
    """Collect a value that a list has nothing for. :return: the id of its row, if there is room for it."""
    values = {"system": system_id, "list": list_code, "value": value, "times": times, "most": MOST_UNMAPPED}
    cr.execute(NOTE_VALUE if is_outbound else NOTE_EXTERNAL, values)
    row = cr.fetchone()
    return row and row[0]


class IntegrationCode(models.Model):
    """Value of a code list: what one system calls one value of Odoo.

    mapped    both sides are known
    unmapped  collected from traffic: one side is known, what it stands for is not

    Mapping it lets everything go on that waited for it.
    """

    _name = "integration.code"
    _inherit = ["integration.audited"]
    _description = "Integration Code"
    _order = "list_id, system_id, external_value, id"
    _rec_name = "external_value"
    _audit_skips = ("state", "seen_count", "first_seen_at", "last_seen_at", "company_id")

    list_id = fields.Many2one("integration.code.list", string="Code List", required=True, ondelete="cascade")
    system_id = fields.Many2one("integration.system", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    external_value = fields.Char(help="What the system sends and expects.")
    value = fields.Char(
        string="Value in Odoo",
        help="Text, the key or label of the selection, or the reference or name of the record.",
    )
    kind = fields.Selection(related="list_id.kind")
    res_model = fields.Selection(related="list_id.res_model", string="Model")
    res_id = fields.Many2oneReference(string="Record in Odoo", model_field="res_model")
    direction = fields.Selection(
        [("both", "Both"), ("in", "Inbound"), ("out", "Outbound")],
        required=True,
        default="both",
        help="Where several external values stand for one value in Odoo, one of them is outbound.",
    )
    state = fields.Selection(
        [("unmapped", "Unmapped"), ("mapped", "Mapped")],
        string="Status",
        compute="_compute_state",
        store=True,
        precompute=True,
    )
    seen_count = fields.Integer(string="Occurrences", readonly=True)
    first_seen_at = fields.Datetime(string="First Seen", readonly=True)
    last_seen_at = fields.Datetime(string="Last Seen", readonly=True)

    _external_uniq = models.UniqueIndex(
        "(list_id, system_id, external_value) WHERE direction <> 'out'",
        "This external value stands for something else already.",
    )
    _value_uniq = models.UniqueIndex(
        "(list_id, system_id, value) WHERE direction <> 'in'",
        "Another external value is sent for this value already: set the direction of one of them to Inbound.",
    )
    _unmapped_idx = models.Index("(list_id, system_id) WHERE state = 'unmapped'")
    _sides = models.Constraint(
        "CHECK (external_value IS NOT NULL OR value IS NOT NULL)", "Enter the external value."
    )

    @api.depends("external_value", "value")
    def _compute_state(self):
        for code in self:
            code.state = "mapped" if code.external_value and code.value else "unmapped"

    @api.depends("list_id.name", "external_value", "value")
    def _compute_display_name(self):
        for code in self:
            sides = f"{code.external_value or '…'} → {code.value or '…'}"
            code.display_name = f"{code.list_id.name}: {sides}" if code.list_id else sides

    @api.constrains("list_id", "system_id")
    def _check_room(self):
        for code_list, system in {(code.list_id, code.system_id) for code in self}:
            count = self.search_count(
                [("list_id", "=", code_list.id), ("system_id", "=", system.id)], limit=MOST_VALUES + 1
            )
            if count > MOST_VALUES:
                raise ValidationError(
                    self.env._(
                        "%(list)s may have %(count)s values of a system.",
                        list=code_list.name,
                        count=MOST_VALUES,
                    )
                )

    # -- written -----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create([self._cleaned(vals, self.browse()) for vals in vals_list])
        records._lists_changed()
        records.filtered(lambda code: code.state == "mapped")._go_on()
        return records

    def write(self, vals):
        if not MEANS & vals.keys():
            return super().write(vals)
        for code in self:
            super(IntegrationCode, code).write(code._cleaned(vals, code))
        self._lists_changed()
        self.filtered(lambda code: code.state == "mapped")._go_on()
        return True

    def unlink(self):
        result = super().unlink()
        self.browse()._lists_changed()
        return result

    @api.model
    def _cleaned(self, vals, code):
        """What was typed or imported, as it is kept: without spaces around it, and by the key of what it names."""
        vals = dict(vals)
        for name in ("value", "external_value"):
            if isinstance(vals.get(name), str):
                vals[name] = vals[name].strip() or False
        code_list = self.env["integration.code.list"].browse(vals.get("list_id")) or code.list_id
        value = vals.get("value")
        if vals.get("res_id") and value in (None, False, code.value):
            vals["value"] = code_list._text_of(self.env[code_list.res_model].browse(vals["res_id"]))
        elif value and code_list:
            vals["value"], vals["res_id"] = code_list._value_of(value)
        elif "value" in vals or "res_id" in vals:
            vals["value"] = vals["res_id"] = False
        return vals

    def _lists_changed(self):
        """What processes keep of the lists is read anew."""
        registry = self.env.registry
        registry.clear_cache()
        # Another thread may read, and keep, what was valid until the commit.
        self.env.cr.postcommit.add(registry.clear_cache)

    def _go_on(self):
        """Let everything go on that waited for these values; the modules that keep it add how."""

    # -- looked up ---------------------------------------------------------------------------------

    @api.model
    @tools.ormcache("system_id", "list_code", "direction")
    def _snapshot(self, system_id, list_code, direction):
        """:class:`Snapshot` of one list for one system; ``None`` where there is no such list."""
        self.env["integration.code"].flush_model()
        code_list = self.env["integration.code.list"].sudo().search([("code", "=", list_code)])
        if not code_list:
            return None
        self.env.cr.execute(
            """
            SELECT external_value, value, res_id
              FROM integration_code
             WHERE list_id = %s AND system_id = %s AND direction IN ('both', %s) AND state = 'mapped'
            """,
            [code_list.id, system_id, direction],
        )
        rows = self.env.cr.fetchall()
        if code_list.kind == "record":  # by the name of today, and without those that are gone
            records = self.env[code_list.res_model].sudo().browse(id_ for _external, _value, id_ in rows)
            names = {record.id: code_list._text_of(record) for record in records.exists()}
            rows = [(external, names[id_], id_) for external, _value, id_ in rows if id_ in names]
        if direction == "out":
            return Snapshot({value: external for external, value, _id in rows}, {}, False)
        return Snapshot(
            {external: value for external, value, _id in rows},
            {external: id_ for external, _value, id_ in rows},
            code_list.res_model if code_list.kind == "record" else False,
        )

    @api.model
    def _values(self, system_id, list_code, direction="in"):
        snapshot = self._snapshot(system_id, list_code, direction)
        return None if snapshot is None else snapshot.values

    @api.model
    def _function(self, system_id):
        """``$code`` for what a system sends."""
        return codes.CodeFunction(lambda list_code: self._values(system_id, list_code))

    @api.model
    def _function_outbound(self, system_id, collects=False):
        """``$code`` for what is sent to a system: a snapshot, which needs no connection.

        :param collects: whether values without a meaning are noted for :meth:`_collect`.
        """
        lists = self.env["integration.code.list"].sudo().search([]).mapped("code")
        dbname = self.env.cr.dbname
        snapshot = {list_code: self._values(system_id, list_code, "out") for list_code in lists}
        if not collects:
            return codes.CodeFunction(snapshot)
        return codes.CodeFunction(
            snapshot, lambda list_code, value: codes.note(dbname, system_id, list_code, value)
        )

    @api.model
    def _collect(self):
        """Write down the unmapped values that this process noted while it composed what is sent."""
        for (system_id, list_code, value), times in codes.take(self.env.cr.dbname).items():
            note_unmapped(self.env.cr, system_id, list_code, value, is_outbound=True, times=times)
        self.env.invalidate_all()
