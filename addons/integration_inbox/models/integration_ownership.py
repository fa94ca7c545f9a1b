from collections import namedtuple

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

Owner = namedtuple("Owner", "system_id name policy")


class IntegrationOwnership(models.Model):
    """System of record of a field: the only system whose messages may change it.

    Bounds messages only: people and Odoo's own logic outside of messages write as ever. A new record
    takes what its message says of it.
    """

    _name = "integration.ownership"
    _inherit = ["integration.audited"]
    _description = "System of Record"
    _order = "model_id, field_id"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    model_id = fields.Many2one(
        "ir.model", required=True, ondelete="cascade", domain=[("transient", "=", False)]
    )
    field_id = fields.Many2one(
        "ir.model.fields",
        required=True,
        ondelete="cascade",
        domain="[('model_id', '=', model_id), ('store', '=', True), ('readonly', '=', False)]",
    )
    system_id = fields.Many2one(
        "integration.system",
        string="Owner",
        ondelete="cascade",
        domain="[('company_id', '=', company_id)]",
        help="System whose messages may change the field. Empty: Odoo, and no message may change it.",
    )
    policy = fields.Selection(
        [("drop", "Ignore Field"), ("refuse", "Refuse Message")],
        string="Other Systems",
        required=True,
        default="drop",
        help="Handling of messages from other systems that change the field.",
    )

    _field_uniq = models.UniqueIndex(
        "(company_id, field_id)", "This field already has a system of record in this company."
    )

    @api.constrains("model_id", "field_id")
    def _check_field(self):
        for ownership in self:
            if ownership.field_id.model_id != ownership.model_id:
                raise ValidationError(
                    self.env._(
                        "%(field)s is not a field of %(model)s.",
                        field=ownership.field_id.field_description,
                        model=ownership.model_id.name,
                    )
                )

    @api.depends("model_id", "field_id")
    def _compute_display_name(self):
        for ownership in self:
            ownership.display_name = f"{ownership.model_id.name}: {ownership.field_id.field_description}"

    @api.model
    @tools.ormcache("company_id")
    def _owned(self, company_id):
        """``{(model, field): Owner}`` of one company."""
        found = self.sudo().search([("company_id", "=", company_id)])
        return {
            (o.model_id.model, o.field_id.name): Owner(o.system_id.id or None, o.system_id.name, o.policy)
            for o in found
        }

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
