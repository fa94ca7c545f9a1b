import base64
import json
from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.errors import CODE_MODEL, RejectMessage
from odoo.addons.integration_core.models.integration_classified import SEES_ALL
from odoo.addons.integration_core.policy import masking
from odoo.addons.integration_core.wire import cloudevents
from odoo.addons.integration_core.wire.pretty import pretty

from .. import unmapped
from ..accept.admit import NOTHING
from ..accept.reading import Reading, interpret
from ..accept.store import attributes, shown_headers
from ..answer import LARGEST_BODY
from ..engine.settle import note
from ..formats import body as body_format
from ..incoming import Event
from ..refusal import Refused

RETRIABLE = ("dead", "quarantined", "waiting", "retrying", "superseded", "kept", "shadowed")


class IntegrationMessage(models.Model):
    """A received message, stored as it was sent.

    received     accepted, waits to be claimed
    processing   a worker applies it, until its lease runs out
    processed    applied; the records that it touched are linked
    waiting      what it names is not there yet, or one before it is missing
    retrying     could not be applied for another reason, and is tried again
    quarantined  does not have the shape that its type asks for, or its mapping fails
    kept         nobody here takes it; kept for the record, as its endpoint says
    shadowed     rehearsed and undone; what would have changed stands beside it
    superseded   a newer one was applied, or an edited copy took its place
    dead         will not be tried again by itself; the reason stands beside it

    Its effect and its state change in one transaction: applied once, however often it is sent.
    """

    _name = "integration.message"
    _inherit = ["integration.classified"]
    _description = "Integration Message"
    _order = "id desc"
    _rec_name = "subject"
    _log_access = False

    endpoint_id = fields.Many2one("integration.endpoint", required=True, readonly=True, ondelete="restrict")
    system_id = fields.Many2one(related="endpoint_id.system_id")
    company_id = fields.Many2one(related="endpoint_id.company_id")
    message_id = fields.Char(string="Message ID", required=True, readonly=True)
    event_id = fields.Char(string="Event ID", readonly=True)
    type = fields.Char(required=True, readonly=True)
    version = fields.Integer(required=True, readonly=True)
    source = fields.Char(readonly=True)
    subject = fields.Char(readonly=True, index=True)
    reference = fields.Char(
        compute="_compute_reference",
        search="_search_reference",
        help="Business reference of the message. Messages without one show their message ID.",
    )
    occurred_at = fields.Datetime(readonly=True)
    partition_key = fields.Char(readonly=True)
    sequence = fields.Integer(readonly=True)
    correlation_id = fields.Char(readonly=True, index=True)
    traceparent = fields.Char(readonly=True)
    headers = fields.Text(string="Stored Headers", readonly=True, groups=SEES_ALL)
    headers_pretty = fields.Text(string="Headers", compute="_compute_headers_pretty")
    # What came, as text; ``raw`` has the bytes where the text does not give them back (gzip, other charsets).
    body = fields.Text(readonly=True, groups=SEES_ALL)
    raw = fields.Binary(attachment=False, readonly=True, groups=SEES_ALL)
    # The events as JSON, where they are not simply the body: mapped, or in binary mode.
    derived = fields.Text(readonly=True, groups=SEES_ALL)
    body_sha256 = fields.Char(readonly=True)
    told = fields.Char(
        string="Response Sent",
        readonly=True,
        help="Status in the response to the sender. Duplicates get the same response.",
    )
    body_pretty = fields.Text(string="Payload", compute="_compute_body_pretty")
    derived_pretty = fields.Text(string="Mapped Events", compute="_compute_body_pretty")
    is_masked = fields.Boolean(compute="_compute_body_pretty")
    remote_addr = fields.Char(string="Sender IP Address", readonly=True)
    state = fields.Selection(
        [
            ("received", "Received"),
            ("processing", "Processing"),
            ("waiting", "Waiting"),
            ("retrying", "Retrying"),
            ("processed", "Processed"),
            ("kept", "Stored"),
            ("shadowed", "Dry Run"),
            ("quarantined", "Quarantined"),
            ("superseded", "Superseded"),
            ("dead", "Failed"),
        ],
        required=True,
        readonly=True,
        default="received",
        string="Status",
        help="Failed messages are dead letters: they are not retried automatically.",
    )
    reason = fields.Char(readonly=True)
    missing_model = fields.Char(readonly=True)
    missing_key = fields.Char(string="Unresolved Reference", readonly=True)
    difference = fields.Json(readonly=True, groups=SEES_ALL)
    difference_html = fields.Html(string="Changes", compute="_compute_difference_html")
    attempt_count = fields.Integer(string="Attempts", readonly=True)
    crash_count = fields.Integer(readonly=True, default=0)
    received_at = fields.Datetime(readonly=True)
    processed_at = fields.Datetime(readonly=True)
    next_attempt_at = fields.Datetime(string="Next Attempt", readonly=True)
    lease_until = fields.Datetime(readonly=True)
    leased_by = fields.Char(readonly=True)
    copy_of_id = fields.Many2one(
        "integration.message",
        string="Edited Copy of",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    record_ids = fields.One2many("integration.message.record", "message_id", readonly=True)
    record_count = fields.Integer(compute="_compute_record_count")
    note_ids = fields.One2many("integration.message.note", "message_id", string="History", readonly=True)

    _message_uniq = models.UniqueIndex("(endpoint_id, message_id)")
    # The claim reads only what waits: it stays small beside any number of processed rows.
    _due_idx = models.Index(
        "(endpoint_id, next_attempt_at, id) WHERE state IN ('received', 'waiting', 'retrying')"
    )
    _lease_idx = models.Index("(lease_until) WHERE state = 'processing'")
    _order_idx = models.Index("(endpoint_id, partition_key, sequence) WHERE sequence IS NOT NULL")
    # Rows that need a person are few beside those that were applied.
    _failed_idx = models.Index("(subject) WHERE state IN ('dead', 'quarantined')")
    _missing_idx = models.Index("(missing_model, missing_key) WHERE missing_key IS NOT NULL")

    @api.depends_context("uid")
    @api.depends("body", "derived")
    def _compute_body_pretty(self):
        for message, opened in zip(self, self.sudo(), strict=True):
            hidden = opened._hidden()
            # What a partner calls a field is not what the canonical model calls it.
            in_body = masking.EVERYTHING if hidden and opened.derived else hidden
            message.is_masked = bool(hidden) and not self._sees_all()
            message.body_pretty = message._shown(pretty(opened.body), in_body)
            message.derived_pretty = message._shown(pretty(opened.derived or ""), hidden) or False

    def _hidden(self):
        handlers = declare.handlers_for(self.env.registry, self.type, self.version)
        return masking.hidden([handler.data for handler in handlers], [h.data_class for h in handlers])

    @api.depends("headers")
    def _compute_headers_pretty(self):
        for message, opened in zip(self, self.sudo(), strict=True):
            message.headers_pretty = pretty(shown_headers(opened.headers)) if opened.headers else False

    @api.depends("record_ids")
    def _compute_record_count(self):
        for message in self:
            message.record_count = len(message.record_ids)

    @api.depends_context("uid", "lang")
    @api.depends("difference")
    def _compute_difference_html(self):
        for message in self:
            lines = message.sudo().difference or []
            message.difference_html = self.env["ir.qweb"]._render(
                "integration_inbox.message_difference", {"lines": lines, "is_masked": message.is_masked}
            )

    @api.depends("subject", "type")
    def _compute_display_name(self):
        for message in self:
            message.display_name = f"{message.subject or message.message_id} · {message.type}"

    @api.depends("subject", "message_id")
    def _compute_reference(self):
        for message in self:
            message.reference = message.subject or message.message_id

    def _search_reference(self, operator, value):
        """index: integration_message_subject_idx and the unique one on (endpoint_id, message_id)"""
        return [
            "|",
            ("subject", operator, value),
            "&",
            ("subject", "=", False),
            ("message_id", operator, value),
        ]

    # -- what it says ----------------------------------------------------------------------------

    def _events(self):
        """The events that it stands for, as :class:`Event`.

        :raises RejectMessage: its payload was erased, or cannot be read.
        """
        self.ensure_one()
        opened = self.sudo()
        if not opened.derived and not opened.body:
            raise RejectMessage(self.env._("Its payload is not kept any more."))
        try:
            documents = json.loads(opened.derived) if opened.derived else [json.loads(opened.body)]
            events = [cloudevents.parse(document) for document in documents]
        except (ValueError, TypeError, RecursionError, cloudevents.NotACloudEvent) as error:
            raise RejectMessage(self.env._("Its payload cannot be read: %s", error)) from error
        return [
            Event(
                event["type"],
                cloudevents.version_of(event.get("dataschema")),
                event.get("subject"),
                event["time"].astimezone(timezone.utc).replace(tzinfo=None) if event["time"] else None,
                event.get("data"),
            )
            for event in events
        ]

    def _bytes(self):
        """The body exactly as it came."""
        opened = self.sudo().with_context(bin_size=False)
        return base64.b64decode(opened.raw) if opened.raw else (opened.body or "").encode()

    def _posted(self):
        """The document and the headers, as a mapping reads them; ``None`` if it cannot be read any more."""
        headers = json.loads(self.sudo().headers or "{}")
        try:
            content = body_format.read(headers, self._bytes(), LARGEST_BODY).content
        except Refused:
            return None
        return cloudevents.from_headers(headers, content) or content, headers

    # -- buttons ---------------------------------------------------------------------------------

    def action_match(self):
        """Say which record, or which value of a code list, is meant by what is not known here."""
        self._check_operator()
        if self.missing_model == CODE_MODEL:
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "integration_core.integration_code_unmapped_action"
            )
            list_code, _slash, value = self.missing_key.partition("/")
            return {
                **action,
                "domain": [
                    ("state", "=", "unmapped"),
                    ("list_id.code", "=", list_code),
                    ("system_id", "=", self.system_id.id),
                    ("external_value", "=", value),
                ],
            }
        return self._open_wizard("integration.message.match", self.env._("Match Unresolved Reference"))

    def action_edit_copy(self):
        """For administrators: what is applied is then not what the partner sent."""
        self.env["integration.message.edit"].check_access("create")
        return self._open_wizard("integration.message.edit", self.env._("Edit Copy"))

    def _open_wizard(self, model, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_message_id": self.id},
        }

    def action_retry(self):
        """Process the message again, with the current mapping of the endpoint."""
        self._check_operator()
        self.sudo()._apply_again(self.env.user)
        self._account_for("retried", self.env._("reprocessed"))
        return True

    def _apply_again(self, user, text=None):
        """Those that may be; one that a worker has taken on meanwhile is on its way anyway.

        :param text: what the history says; that it was applied again, where that is all.
        :raises UserError: none of them may be.
        """
        self.lock_for_update()
        self.invalidate_recordset(["state"])
        retriable = self.filtered(lambda message: message.state in RETRIABLE and message.body)
        if not retriable and self:
            raise UserError(
                self.env._(
                    "%s cannot be reprocessed: it was processed, or its payload was deleted.",
                    self[0].display_name,
                )
            )
        unreadable = retriable.filtered(lambda message: not message._map_again())
        ready = retriable - unreadable
        ready._transition(
            "received",
            RETRIABLE,
            next_attempt_at=fields.Datetime.now(),
            attempt_count=0,
            crash_count=0,
            reason=False,
            difference=False,
        )
        self.flush_recordset()
        for message in ready:
            note(self.env.cr, message.id, "received", text or self.env._("Reprocessed"), user.id)
        for message in unreadable:
            note(self.env.cr, message.id, message.state, message.reason, user.id)
        self.env["integration.worker"].sudo()._wake("inbox")

    def _map_again(self):
        """Understand the message with its endpoint's mapping of now.

        :return: whether it may be applied; where not, the reason says why.
        """
        text = (self.endpoint_id.mapping or "").strip()
        if not text or self.copy_of_id:  # an edited copy says our events already
            return True
        posted = self._posted()
        if posted is None:
            self._transition("quarantined", RETRIABLE, reason=self.env._("The payload was deleted."))
            return False
        reading = Reading(self.message_id, self.body, None, self.body_sha256)
        code = self.env["integration.code"]._function(self.system_id.id)
        interpret(reading, text, *posted, f"/system/{self.system_id.id}", code)
        if reading.problem or not reading.events:
            problem = reading.problem or NOTHING
            missing = {
                "missing_model": CODE_MODEL if reading.missing else False,
                "missing_key": reading.missing,
            }
            if reading.missing:
                unmapped.note_of_message(self.env.cr, self.id, reading.missing)
            target = "quarantined" if reading.problem else "kept"
            self._transition(target, RETRIABLE, reason=problem, **missing)
            return False
        known = {"missing_model": False, "missing_key": False}
        self.write({**attributes(reading), "derived": reading.derived, **known})
        return True
