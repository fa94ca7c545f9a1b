import json

from odoo import api, fields, models

from .. import declare
from ..policy import masking
from .integration_data_retention import DATA_CLASSES

DEFAULT_DAYS = 90


class IntegrationEventType(models.Model):
    """An entry of the event catalog: what may leave or come in, and what it looks like.

    Entries come from the declarations of the installed modules and go with them; what an admin may set
    (owner, retention, status) survives an upgrade.
    """

    _name = "integration.event.type"
    _inherit = ["integration.audited"]
    _description = "Integration Event Type"
    _order = "direction desc, name, version"
    _rec_names_search = ["name", "summary"]

    name = fields.Char(required=True, readonly=True, index=True)
    version = fields.Integer(required=True, readonly=True)
    direction = fields.Selection(
        [("outbound", "Outbound"), ("inbound", "Inbound")], required=True, readonly=True
    )
    summary = fields.Char(readonly=True)
    module = fields.Char(readonly=True)
    model = fields.Char(readonly=True, help="Model whose changes the event reports.")
    schema = fields.Text(string="JSON Schema", readonly=True)
    data_class = fields.Selection(
        DATA_CLASSES,
        readonly=True,
        help="Strictest data class of the event type or one of its fields.",
    )
    latency_ms = fields.Integer(string="Latency Objective (ms)", readonly=True)
    owner_id = fields.Many2one("res.users")
    retention_days = fields.Integer(string="Retention (Days)", default=DEFAULT_DAYS)
    kept_days = fields.Integer(
        string="Effective Retention (Days)",
        compute="_compute_kept_days",
        help="Shorter one of the retention set here and the maximum of the data class.",
    )
    status = fields.Selection([("live", "Live"), ("deprecated", "Deprecated")], required=True, default="live")

    _name_version_uniq = models.UniqueIndex(
        "(name, version, direction, module)", "An event type exists once per module and version."
    )

    @api.depends("name", "version")
    def _compute_display_name(self):
        for event_type in self:
            event_type.display_name = f"{event_type.name} v{event_type.version}"

    @api.depends("retention_days", "data_class")
    def _compute_kept_days(self):
        by_class = self.env["integration.data.retention"]._days()
        for event_type in self:
            days = event_type.retention_days or DEFAULT_DAYS
            event_type.kept_days = min(days, by_class.get(event_type.data_class, days))

    def _register_hook(self):
        """A registry with wrong declarations does not load: it would change records and tell nobody.

        :raises DeclarationError: with a sentence for each mistake.
        """
        declare.check(self.env)
        return super()._register_hook()

    @api.model
    def _sync_declarations(self, modules):
        """Bring the catalog to what the code of ``modules`` declares.

        The entries carry external ids of the declaring module, so that Odoo removes them on its
        uninstall, and on an upgrade when the declaration is gone.
        """
        for module in modules:
            self.with_context(integration_audit_off=True)._load_records(
                [
                    {
                        "xml_id": self._external_id(declaration),
                        "values": self._values(declaration),
                        "noupdate": False,
                    }
                    for declaration in declare.declared(self.env.registry)
                    if declaration.module == module
                ],
                update=True,
            )

    @staticmethod
    def _external_id(declaration):
        name = declaration.name.replace(".", "_")
        return f"{declaration.module}.event_type_{declaration.direction}_{name}_v{declaration.version}"

    @staticmethod
    def _values(declaration):
        return {
            "name": declaration.name,
            "version": declaration.version,
            "direction": declaration.direction,
            "summary": declaration.summary,
            "module": declaration.module,
            "model": declaration.model,
            "schema": json.dumps(declaration.data.model_json_schema(), indent=2),
            "data_class": masking.strictest(declaration.data, declaration.data_class),
            "latency_ms": declaration.latency_ms,
        }
