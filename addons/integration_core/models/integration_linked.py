from collections import defaultdict

from babel.dates import format_timedelta
from lxml import etree

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import babel_locale_parse

from ..policy import sync_status

ROLE = "integration_core.group_user"


class IntegrationLinked(models.AbstractModel):
    """Business record that other systems hear of: its conversation, its status with each system, a filter.

    A domain module joins a model in with ``_inherit = ["mrp.production", "integration.linked"]``. Its form
    gets a smart button and a status line, its list a column, its search the filter *Not in Sync*. All of it
    is read from events and messages by their indexes on (model, id); nothing is written to the record.

    The two sides, events and messages, are added by the modules that keep them.
    """

    _name = "integration.linked"
    _description = "Record Linked to Other Systems"

    # Fields that lead to records whose conversation is this record's, too: the operations of an order.
    _integration_linked_fields = ()

    integration_conversation_count = fields.Integer(
        string="Conversation", compute="_compute_integration_conversation_count", groups=ROLE
    )
    integration_state = fields.Selection(
        [("ok", "In Sync"), ("waiting", "Waiting"), ("failed", "Failed")],
        string="Integration",
        compute="_compute_integration_state",
        groups=ROLE,
    )
    integration_status = fields.Html(
        compute="_compute_integration_state",
        sanitize=False,
        groups=ROLE,
        help="The latest exchange with each system.",
    )
    integration_not_in_sync = fields.Boolean(
        string="Not in Sync",
        compute="_compute_integration_state",
        search="_search_integration_not_in_sync",
        groups=ROLE,
        help="A delivery or a message about the record failed, is tried again, or waits too long.",
    )

    # -- what belongs to a record ----------------------------------------------------------------

    def _integration_linked_records(self):
        """Records whose conversation is this record's, itself first: a list of recordsets of any models."""
        self.ensure_one()
        return [self, *(self[name] for name in self._integration_linked_fields)]

    def _integration_parts(self):
        """``{(model, id): id of the record that it belongs to}``."""
        return {
            (part._name, id_): record.id
            for record in self.sudo()
            for part in record._integration_linked_records()
            for id_ in part.ids
        }

    def _integration_references(self, parts):
        """What partners call the records: ``{(text, system id or None): id of the record}``.

        By these a message is found that could not be applied, and so is linked to no record.
        """
        natural_keys = self.env["integration.external.id"]._natural_keys()
        found, ids_of = {}, defaultdict(list)
        for model, id_ in parts:
            ids_of[model].append(id_)
        for model, ids in ids_of.items():
            links = self.env["integration.external.id"].sudo()
            # index: integration_external_id_record_idx
            for link in links.search([("res_model", "=", model), ("res_id", "in", ids)]):
                found[link.external_key, link.system_id.id] = parts[model, link.res_id]
            if model in natural_keys:
                for record in self.env[model].sudo().browse(ids):
                    if record[natural_keys[model]]:
                        found[record[natural_keys[model]], None] = parts[model, record.id]
        return found

    # -- the sides: what the outbox and the inbox add ----------------------------------------------

    @api.model
    def _integration_counts(self, parts, references):
        """How many rows of the conversation there are: ``[(id of a record, count)]``."""
        return []

    @api.model
    def _integration_standings(self, parts, references):
        """How the records stand: a list of ``(id of a record, sync_status.Standing)``."""
        return []

    def _integration_conversation_domain(self):
        """Which rows of ``integration.conversation`` are about these records."""
        return Domain.FALSE

    @api.model
    def _integration_not_in_sync_ids(self, model):
        """Queries for the ids of records of ``model`` that are not in sync: a list of ``SQL``."""
        return []

    # -- fields ------------------------------------------------------------------------------------

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_integration_conversation_count(self):
        records = self._origin
        parts = records._integration_parts()
        counts = defaultdict(int)
        if parts:
            for id_, count in self._integration_counts(parts, records._integration_references(parts)):
                counts[id_] += count
        for record in self:
            record.integration_conversation_count = counts[record._origin.id]

    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_integration_state(self):
        records = self._origin
        parts = records._integration_parts()
        standings = defaultdict(list)
        if parts:
            self.env.flush_all()
            for id_, one in self._integration_standings(parts, records._integration_references(parts)):
                standings[id_].append(one)
        systems = {one.system_id for found in standings.values() for one in found}
        names = {system.id: system.name for system in self.env["integration.system"].sudo().browse(systems)}
        for record in self:
            worst = sync_status.worst(standings[record._origin.id])
            record.integration_state = sync_status.state_of(worst.values())
            record.integration_not_in_sync = record.integration_state in ("waiting", "failed")
            record.integration_status = record._integration_rendered(worst, names) if worst else False

    def _integration_rendered(self, worst, names):
        """The status line: one entry for each system, the worst first."""
        colors = {"failed": "danger", "waiting": "warning", "ok": "success"}
        lines = [
            {
                "system": names[one.system_id],
                "text": one.text,
                "color": colors[sync_status.state_of([one])],
                "link": "/odoo/{}/{}".format(*one.target),
            }
            for one in sorted(worst.values(), key=lambda one: (one.rank, names[one.system_id]))
        ]
        return self.env["ir.qweb"]._render("integration_core.integration_status", {"lines": lines})

    @api.model
    def _integration_when(self, moment):
        """A time as people say it: "2 minutes ago", "in 40 seconds"."""
        delta = moment - fields.Datetime.now()
        locale = babel_locale_parse(self.env.lang or "en_US")
        return format_timedelta(delta, add_direction=True, threshold=1.2, format="long", locale=locale)

    @api.model
    def _search_integration_not_in_sync(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Odoo checks the groups of a field that is read, not of one that is searched by a method.
        self._check_field_access(self._fields["integration_not_in_sync"], "read")
        domain = self._integration_not_in_sync_domain(self._name)
        for name in self._integration_linked_fields:
            part = self._fields[name].comodel_name
            domain |= Domain(name, "any", self._integration_not_in_sync_domain(part))
        return domain

    @api.model
    def _integration_not_in_sync_domain(self, model):
        queries = self._integration_not_in_sync_ids(model)
        if not queries:
            return Domain.FALSE
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "%s IN (%s)", SQL.identifier(alias, "id"), SQL(" UNION ALL ").join(queries)
            )
        )

    def action_open_integration_conversation(self):
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Conversation about %s", self.display_name),
            "res_model": "integration.conversation",
            "view_mode": "list",
            "views": [(False, "list")],
            "domain": list(self._integration_conversation_domain()),
        }

    # -- views -------------------------------------------------------------------------------------

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Every form, list and search of the model shows how its records stand, without a view for each."""
        arch, view = super()._get_view(view_id, view_type, **options)
        add = {
            "form": self._integration_add_to_form,
            "list": self._integration_add_to_list,
            "search": self._integration_add_to_search,
        }.get(view_type)
        if add and arch.find(".//*[@name='integration_status']") is None:
            add(arch)
        return arch, view

    @api.model
    def _integration_add_to_form(self, arch):
        sheet = arch.find("sheet")
        if sheet is None:  # a dialog
            return
        box = sheet.find(".//div[@name='button_box']")
        if box is None:
            box = etree.Element("div", {"class": "oe_button_box", "name": "button_box"})
            sheet.insert(0, box)
        button = etree.SubElement(
            box,
            "button",
            {
                "name": "action_open_integration_conversation",
                "type": "object",
                "class": "oe_stat_button",
                "icon": "fa-exchange",
                "invisible": "not integration_conversation_count",
                "groups": ROLE,
            },
        )
        etree.SubElement(button, "field", {"name": "integration_conversation_count", "widget": "statinfo"})
        line = etree.Element(
            "div", {"class": "o_integration_status", "invisible": "not integration_status", "groups": ROLE}
        )
        etree.SubElement(line, "field", {"name": "integration_status", "nolabel": "1", "readonly": "1"})
        arch.insert(list(arch).index(sheet), line)

    @api.model
    def _integration_add_to_list(self, arch):
        etree.SubElement(
            arch,
            "field",
            {
                "name": "integration_state",
                "widget": "badge",
                "optional": "hide",
                "decoration-success": "integration_state == 'ok'",
                "decoration-warning": "integration_state == 'waiting'",
                "decoration-danger": "integration_state == 'failed'",
                "groups": ROLE,
            },
        )

    @api.model
    def _integration_add_to_search(self, arch):
        place = next((i for i, node in enumerate(arch) if node.tag in ("group", "searchpanel")), len(arch))
        arch.insert(
            place,
            etree.Element(
                "filter",
                {
                    "name": "integration_not_in_sync",
                    "string": self.env._("Not in Sync"),
                    "domain": "[('integration_not_in_sync', '=', True)]",
                    "groups": ROLE,
                },
            ),
        )
        arch.insert(place, etree.Element("separator"))
