import hashlib

from odoo import fields, models
from odoo.exceptions import UserError

from ..accept.admit import admit
from ..accept.reading import Reading, derive
from ..accept.store import attributes
from ..engine.settle import note
from ..formats import json_text
from ..models.integration_message import RETRIABLE
from ..refusal import Refused


class IntegrationMessageEdit(models.TransientModel):
    """Wizard that edits a copy of a payload: the copy is processed instead of the original."""

    _name = "integration.message.edit"
    _description = "Edit Copy of a Payload"

    message_id = fields.Many2one("integration.message", required=True, readonly=True)
    body = fields.Text(
        string="Payload",
        compute="_compute_body",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        groups="integration_core.group_manager",
    )
    why = fields.Char(string="Reason", required=True, help="Recorded in the audit trail.")

    def _compute_body(self):
        for edit in self:
            edit.body = edit.message_id.derived_pretty or edit.message_id.body_pretty

    def action_apply(self):
        """The events in the text become a message of their own; the original is superseded by it."""
        self.ensure_one()
        original = self.message_id
        self.check_access("write")
        original.check_access("read")
        if not self.env.user.has_group("integration_core.group_manager"):
            raise UserError(self.env._("Only integration administrators can edit a payload."))
        try:
            document = json_text.read(self.body)
            reading = self._reading(document)
            settings = original.endpoint_id.sudo()._settings()
            state, reason = admit(self.env, settings, reading)
        except Refused as refused:
            raise UserError(refused.detail) from refused
        if state != "received":
            raise UserError(reason)
        copy = self._keep(original.sudo(), reading)
        self.env["integration.audit.entry"]._append(
            "message.edited",
            copy,
            self.env._(
                "Payload of %(message)s was edited: %(why)s", message=original.display_name, why=self.why
            ),
            original.company_id,
            why=self.why,
            original=original.id,
            original_sha256=original.body_sha256,
            edited_sha256=reading.digest,
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.message",
            "res_id": copy.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _reading(self, document):
        reading = Reading("", self.body, None, hashlib.sha256(self.body.encode()).hexdigest())
        reading.events, reading.derived = derive(document)
        return reading

    def _keep(self, original, reading):
        number = self.env["integration.message"].sudo().search_count([("copy_of_id", "=", original.id)]) + 1
        reading.message_id = f"{original.message_id[:230]} edited {number}"
        copy = (
            self.env["integration.message"]
            .sudo()
            .create(
                {
                    **attributes(reading),
                    "endpoint_id": original.endpoint_id.id,
                    "message_id": reading.message_id,
                    "correlation_id": original.correlation_id,
                    "headers": original.headers,
                    "body": reading.text,
                    "derived": reading.derived,
                    "body_sha256": reading.digest,
                    "remote_addr": original.remote_addr,
                    "told": "accepted",
                    "attempt_count": 0,
                    "received_at": fields.Datetime.now(),
                    "next_attempt_at": fields.Datetime.now(),
                    "copy_of_id": original.id,
                }
            )
        )
        text = self.env._("Replaced by an edited copy: %s", self.why)
        original._transition("superseded", RETRIABLE, reason=text, next_attempt_at=False)
        self.env["integration.message"].flush_model()
        note(self.env.cr, original.id, "superseded", text, self.env.uid)
        note(self.env.cr, copy.id, "received", self.env._("Edited copy: %s", self.why), self.env.uid)
        self.env["integration.worker"].sudo()._wake("inbox")
        return copy
