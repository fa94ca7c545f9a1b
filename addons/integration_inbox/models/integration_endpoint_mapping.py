import json

from pydantic import ValidationError as PydanticError

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.models.integration_classified import SEES_ALL
from odoo.addons.integration_core.policy import patterns
from odoo.addons.integration_core.wire import cloudevents

from .. import mapping as mapping_rule
from ..accept.admit import explain
from ..mapping_presets import PRESETS


class IntegrationEndpoint(models.Model):
    """Mapping of an endpoint: from the sender's format to event types of the catalog, with a preview."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.endpoint"

    mapping_preset = fields.Selection(
        [(name, preset.title) for name, preset in PRESETS.items()],
        string="Template",
        store=False,
        help="Replaces the mapping with the one of the template.",
    )
    mapping = fields.Text(
        tracking=True,
        help="JSONata expression over the request body, $headers for the request headers. The result is an event "
        "with type, subject and data, or a list of events. Empty: the body is a CloudEvent.",
    )
    sample_message_id = fields.Many2one(
        "integration.message",
        string="Test Message",
        store=False,
        domain="[('endpoint_id', '=', id)]",
        groups=SEES_ALL,
    )
    sample_body = fields.Text(string="Request Body", compute="_compute_preview", groups=SEES_ALL)
    preview = fields.Text(string="Result", compute="_compute_preview", groups=SEES_ALL)
    preview_problem = fields.Char(compute="_compute_preview", groups=SEES_ALL)

    @api.constrains("mapping")
    def _check_mapping(self):
        for endpoint in self.filtered("mapping"):
            try:
                mapping_rule.compiled(endpoint.mapping)
            except ValueError as error:
                raise ValidationError(self.env._("Mapping: %s", error)) from error

    @api.onchange("mapping_preset")
    def _onchange_mapping_preset(self):
        if self.mapping_preset:
            self.mapping = PRESETS[self.mapping_preset].mapping

    @api.depends("mapping", "sample_message_id", "mapping_preset")
    def _compute_preview(self):
        for endpoint in self:
            endpoint.sample_body, endpoint.preview, endpoint.preview_problem = endpoint._preview()

    def _preview(self):
        """The request body, the mapped events and the problem, if any."""
        message = self.sample_message_id or self._origin._last_message()
        if message:
            posted = message._posted()
            shown = message.body_pretty
        elif self.mapping_preset:
            sample = PRESETS[self.mapping_preset].sample
            posted = sample.get("body"), sample.get("headers", {})
            shown = json.dumps(posted[0], indent=2, ensure_ascii=False)
        else:
            return "", "", self.env._("The preview needs a received message or a template.")
        if not (self.mapping or "").strip():
            return shown, "", False
        if posted is None:
            return shown, "", self.env._("The payload of this message was deleted.")
        try:
            events = mapping_rule.mapped(
                self.mapping,
                *posted,
                f"/system/{self.system_id.id}",
                self.env["integration.code"]._function(self.system_id.id),
            )
            problem = self._problem_of(mapping_rule.checked(events))
        except mapping_rule.MappingFailed as failed:
            return shown, "", str(failed)
        if not events:
            return (
                shown,
                "",
                self.env._("The mapping has no result: the message is stored and not processed."),
            )
        return shown, json.dumps(events, indent=2, ensure_ascii=False), problem

    def _problem_of(self, events):
        """Why events would be refused or quarantined; false where they would be processed."""
        names = patterns.split(self.event_patterns)
        for event in events:
            if not patterns.fits(names, event["type"]):
                return self.env._("Event type %s is not accepted by this endpoint.", event["type"])
            version = cloudevents.version_of(event.get("dataschema"))
            handlers = declare.handlers_for(self.env.registry, event["type"], version)
            if not handlers:
                return self.env._(
                    "No installed module knows %(name)s v%(version)s", name=event["type"], version=version
                )
            for handler in handlers:
                try:
                    handler.data.model_validate(event.get("data"))
                except PydanticError as error:
                    return explain(error)
        return False

    def _last_message(self):
        return self.env["integration.message"].search([("endpoint_id", "=", self.id)], limit=1)
