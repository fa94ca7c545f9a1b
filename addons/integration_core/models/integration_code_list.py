import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

SHAPE = re.compile(r"^[a-z][a-z0-9_.]{0,63}$")


class IntegrationCodeList(models.Model):
    """Code list: what each system calls the values of one kind, such as units or scrap reasons.

    Mappings ask it with ``$code("scrap_reason", value)``, handlers with ``message.code``. Its values are
    free text, keys of a selection field, or records of a model.
    """

    _name = "integration.code.list"
    _inherit = ["integration.audited"]
    _description = "Integration Code List"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help='How mappings and handlers name the list: $code("scrap_reason", value).'
    )
    description = fields.Text()
    kind = fields.Selection(
        [("text", "Text"), ("selection", "Selection Field"), ("record", "Record")],
        string="Value Type",
        required=True,
        default="text",
        help="What the values in Odoo are: free text, the keys of a selection field, or records of a model.",
    )
    res_model = fields.Selection(
        selection="_selection_model", string="Model", help="Of the records, or of the selection field."
    )
    res_field = fields.Char(string="Field", help="Technical name of the selection field, such as state.")
    code_ids = fields.One2many("integration.code", "list_id", string="Values")
    code_count = fields.Integer(compute="_compute_counts", string="Mapped Values")
    unmapped_count = fields.Integer(compute="_compute_counts", string="Unmapped Values")

    _code_uniq = models.UniqueIndex("(code)", "Another code list has this code.")

    @api.depends("code_ids.state")
    def _compute_counts(self):
        groups = self.env["integration.code"]._read_group(
            [("list_id", "in", self.ids)], ["list_id", "state"], ["__count"]
        )
        counts = {(code_list.id, state): count for code_list, state, count in groups}
        for code_list in self:
            code_list.code_count = counts.get((code_list.id, "mapped"), 0)
            code_list.unmapped_count = counts.get((code_list.id, "unmapped"), 0)

    @api.constrains("code")
    def _check_code(self):
        for code_list in self:
            if not SHAPE.match(code_list.code):
                raise ValidationError(
                    self.env._(
                        "%s cannot be the code of a list: use small letters, digits, dots and underscores.",
                        code_list.code,
                    )
                )

    @api.model
    def _selection_model(self):
        known = self.env["ir.model"].sudo().search([("transient", "=", False)], order="name")
        return [(model.model, f"{model.name} ({model.model})") for model in known]

    @api.constrains("kind", "res_model", "res_field")
    def _check_kind(self):
        for code_list in self:
            if code_list.kind == "record" and code_list.res_model not in self.env:
                raise ValidationError(self.env._("Choose the model whose records are the values."))
            if code_list.kind == "selection" and not code_list._choices():
                raise ValidationError(
                    self.env._("Choose a model, and one of its selection fields by its technical name.")
                )

    def _choices(self):
        """``[(key, label)]`` of the selection field; empty where there is none."""
        model = self.env.get(self.res_model)
        field = model is not None and model._fields.get(self.res_field)
        return field._description_selection(self.env) if field and field.type == "selection" else []

    def write(self, vals):
        result = super().write(vals)
        if {"code", "kind", "res_model", "res_field"} & vals.keys():
            self.code_ids._lists_changed()
        return result

    def unlink(self):
        self.code_ids.unlink()
        return super().unlink()

    def _value_of(self, text):
        """``(value, id of the record)`` that a person means by ``text``: a key or its label, a record's name.

        :raises ValidationError: there is none, or there are several.
        """
        self.ensure_one()
        if self.kind == "selection":
            choices = self._choices()
            key = next((k for k, label in choices if text in (k, label)), None)
            if key is None:
                raise ValidationError(
                    self.env._(
                        "%(value)s is no value of %(list)s. Choose one of: %(choices)s.",
                        value=text,
                        list=self.name,
                        choices=", ".join(label for _key, label in choices),
                    )
                )
            return key, False
        if self.kind == "record":
            record = self._record_of(text)
            return self._text_of(record), record.id
        return text, False

    def _record_of(self, text):
        model = self.env[self.res_model]
        natural = self.env["integration.external.id"]._natural_keys().get(self.res_model)
        for name in filter(None, (natural, model._rec_name)):
            found = model.search([(name, "=", text)], limit=2)
            if len(found) == 1:
                return found
            if found:
                raise ValidationError(
                    self.env._(
                        "%(value)s is ambiguous: there are several records of %(model)s by that name.",
                        value=text,
                        model=model._description,
                    )
                )
        raise ValidationError(
            self.env._("There is no %(value)s in %(model)s.", value=text, model=model._description)
        )

    def _text_of(self, record):
        """How a mapping names a record: by its natural key, or by its name."""
        natural = self.env["integration.external.id"]._natural_keys().get(record._name)
        return natural and record[natural] or record.display_name

    def action_open_codes(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("integration_core.integration_code_action")
        return {
            **action,
            "name": self.name,
            "domain": [("list_id", "=", self.id)],
            "context": {"default_list_id": self.id},
        }
