from odoo import api, fields, models

from ..errors import NotYetKnown


class IntegrationExternalId(models.Model):
    """The ID of a record in another system: (system, model, key) names one record."""

    _name = "integration.external.id"
    _inherit = ["integration.record.link"]
    _description = "Integration External ID"
    _order = "system_id, res_model, external_key"
    _rec_name = "external_key"

    system_id = fields.Many2one("integration.system", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    res_model = fields.Char(required=True, readonly=False)
    res_id = fields.Many2oneReference(required=True, readonly=False)
    external_key = fields.Char(string="External ID", required=True)

    _key_uniq = models.UniqueIndex(
        "(system_id, res_model, external_key)", "The system already uses this ID for another record."
    )
    _record_idx = models.Index("(res_model, res_id)")

    @api.model
    def _natural_keys(self):
        """``{model: field}``: what a partner may call a record by when no external id was learnt."""
        return {}

    @api.model
    def _find(self, system, model, key):
        """The record that ``system`` means by ``key``; empty when there is none.

        First what was learnt, then Odoo's business key, within the companies of the environment.

        :raises NotYetKnown: several records have that business key; an operator may say which one is meant.
        """
        link = self.sudo().search(
            [("system_id", "=", system.id), ("res_model", "=", model), ("external_key", "=", key)]
        )
        record = self.env[model].browse(link.res_id).exists() if link else self.env[model]
        natural = self._natural_keys().get(model)
        if not record and natural:
            record = self.env[model].search([(natural, "=", key)], limit=3)
            if len(record) > 1:
                raise NotYetKnown(
                    self.env._(
                        "%(key)s is ambiguous: %(names)s. Match it to the record that %(system)s means.",
                        key=key,
                        names=", ".join(record[:2].mapped("display_name"))
                        + (", …" if len(record) > 2 else ""),
                        system=system.sudo().name,
                    ),
                    model,
                    key,
                )
        return record

    @api.model
    def _learn(self, system, record, key):
        """Note that ``system`` calls ``record`` by ``key``; nothing happens when that is known."""
        known = self.sudo().search(
            [("system_id", "=", system.id), ("res_model", "=", record._name), ("external_key", "=", key)]
        )
        if not known:
            self.sudo().create(
                {"system_id": system.id, "res_model": record._name, "res_id": record.id, "external_key": key}
            )
        elif known.res_id != record.id:
            known.res_id = record.id
