import json
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.policy import masking
from odoo.addons.integration_core.policy.codes import CodeUnmapped
from odoo.addons.integration_core.policy.expression import Expression, ExpressionFailed
from odoo.addons.integration_core.wire.pretty import pretty

from ..engine import compose

# RFC 9110, section 5.6.2.
TOKEN = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
# Ours: the signature would not fit any more, or the partner would read another length than we send.
RESERVED = {"content-length", "content-type", "host", "transfer-encoding", "connection", "expect"}
# What the body is not, and what two servers settle between them (RFC 9110, sections 7.6.1 and 8).
UNFIT = {
    "content-digest", "content-encoding", "content-md5", "content-range", "digest", "http2-settings",
    "keep-alive", "proxy-connection", "repr-digest", "te", "trailer", "upgrade",
}  # fmt: skip

# A preview looks for an example among so many of the latest events.
SAMPLES_AMONG = 50_000


class IntegrationSubscription(models.Model):
    """Content of a subscription's requests: filter, body, headers, and their preview."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.subscription"

    body_mode = fields.Selection(
        [
            ("structured", "CloudEvent"),
            ("binary", "Data as Body, Attributes as Headers"),
            ("mapped", "Mapped"),
        ],
        string="Body",
        required=True,
        default="structured",
        tracking=True,
    )
    filter_expression = fields.Text(
        string="Filter",
        tracking=True,
        help="JSONata expression over the CloudEvent. Only events for which it is true are sent: "
        "data.quantity.value > 10. Empty: all events.",
    )
    mapping_expression = fields.Text(
        string="Mapping",
        tracking=True,
        help='JSONata expression over the CloudEvent. Its result is sent as JSON: {"order": data.reference}. '
        '$code("status", data.status) maps a value with a code list of the system.',
    )
    extra_headers = fields.Text(
        tracking=True,
        help="Additional HTTP headers, one per line: X-Plant: Halle 3. Do not enter secrets: all users of the "
        "subscription can read them.",
    )
    preview_event_id = fields.Many2one(
        "integration.event",
        string="Sample Event",
        store=False,
        help="Event that the preview shows. Empty: the latest matching one.",
    )
    preview = fields.Text(compute="_compute_preview")
    preview_problem = fields.Char(compute="_compute_preview")

    @api.constrains("filter_expression", "body_mode", "mapping_expression", "event_patterns")
    def _check_expressions(self):
        for subscription in self:
            sample = subscription._sample()
            if subscription.filter_expression:
                subscription._check_filter(sample)
            if subscription.body_mode == "mapped":
                subscription._check_mapping(sample)

    def _check_filter(self, sample):
        try:
            expression = self._expression(self.filter_expression)
            if sample:
                expression.is_true_of(sample)
        except CodeUnmapped:
            return  # a code that is missing today is no mistake of the filter
        except (ValueError, ExpressionFailed) as error:
            raise ValidationError(self.env._("Filter: %s", error)) from error

    def _check_mapping(self, sample):
        try:
            expression = self._expression(self.mapping_expression or "")
            if sample:
                expression.json_of(sample)
        except CodeUnmapped:
            return
        except (ValueError, ExpressionFailed) as error:
            raise ValidationError(self.env._("Mapping: %s", error)) from error

    @api.constrains("extra_headers")
    def _check_extra_headers(self):
        for subscription in self:
            try:
                subscription._headers()
            except ValueError as error:
                raise ValidationError(self.env._("Extra headers: %s", error)) from error

    def _headers(self):
        """``((name, value), …)``, names in lower case.

        :raises ValueError: names the line that is none.
        """
        found = []
        for line in (self.extra_headers or "").splitlines():
            if not line.strip():
                continue
            name, colon, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            if not colon or not TOKEN.match(name) or not value:
                raise ValueError(
                    self.env._("%r is not a header. Enter a name and a value: X-Plant: Halle 3", line)
                )
            self._check_header_name(name)
            if not all(" " <= character != "\x7f" and ord(character) < 256 for character in value):
                raise ValueError(self.env._("%s has a character that is not allowed in a header.", name))
            found.append((name, value))
        return tuple(found)

    def _check_header_name(self, name):
        if name in RESERVED or name.startswith(("webhook-", "ce-")):
            raise ValueError(self.env._("%s is set automatically.", name))
        if name in UNFIT:
            raise ValueError(self.env._("%s is not allowed: the partner could not read the request.", name))

    def _expression(self, text, collects=False):
        """Filter or mapping ``text``, with the code lists of the receiver.

        :param collects: whether values that no list knows are collected: of what is sent, not of a preview.
        :raises ValueError: it is no JSONata.
        """
        function = self.env["integration.code"]._function_outbound(self.system_id.id, collects)
        return Expression(text, {"code": function})

    def _channel_content(self):
        """The part of ``Channel`` that says what is sent."""
        return {
            "mode": self.body_mode,
            "filter": self._expression(self.filter_expression, True) if self.filter_expression else None,
            "mapping": self._expression(self.mapping_expression, True)
            if self.body_mode == "mapped"
            else None,
            "headers": self._headers(),
        }

    # -- preview ---------------------------------------------------------------------------------

    @api.depends_context("uid")
    @api.depends(
        "preview_event_id",
        "filter_expression",
        "mapping_expression",
        "body_mode",
        "event_patterns",
        "system_id",
    )
    def _compute_preview(self):
        for subscription in self:
            subscription.preview, subscription.preview_problem = subscription._preview()

    def _preview(self):
        """What would be sent of the chosen event, or of the latest that fits; and what is wrong, if anything."""
        event = self.preview_event_id or self._latest_event()
        sample = self._sample(event)
        if not sample:
            return "", self.env._("No matching event yet.")
        try:
            if self.filter_expression and not self._expression(self.filter_expression).is_true_of(sample):
                return "", self.env._("The filter excludes %s.", sample.get("subject") or sample["id"])
            if self.body_mode == "mapped":
                made = pretty(self._expression(self.mapping_expression or "").json_of(sample))
                return self._shown_of(event, made), False
        except (ValueError, ExpressionFailed) as error:
            return "", str(error)
        body = sample["data"] if self.body_mode == "binary" else sample
        return self._shown_of(event, json.dumps(body, indent=2, ensure_ascii=False)), False

    def _shown_of(self, event, text):
        """What is made of an event, as this user may see it. A mapping names things in its own words."""
        return event._shown(text, self._hidden_in_body_of(event.sudo()))

    def _hidden_in_body_of(self, event):
        """What of the body not everybody may see: what a mapping calls a field, nobody knows."""
        hidden = event._hidden()
        return masking.EVERYTHING if hidden and self.body_mode == "mapped" else hidden

    def _body_of(self, event):
        """The body that this subscription sends of an event, to read."""
        sample = self._sample(event)
        try:
            if sample and self.body_mode == "mapped":
                made = self._expression(self.mapping_expression or "").json_of(sample)
            else:
                made = json.dumps(sample["data"] if self.body_mode == "binary" else sample) if sample else ""
        except (ValueError, ExpressionFailed) as error:
            return str(error)
        return self._shown_of(event, pretty(made))

    def _sample(self, event=None):
        """A CloudEvent to try on: this event, or the latest one that fits; ``None`` without any."""
        event = event or self._latest_event()
        if not event or not event.sudo().data:
            return None
        source = f"/odoo/{self.env['ir.config_parameter'].sudo().get_param('database.uuid')}"
        return compose.document(event._as_claimed(), source)

    def _latest_event(self):
        fitting = sorted(set(self._wanted_types().mapped("name")))
        company = self.company_id or self.system_id.company_id or self.env.company
        events = self.env["integration.event"]
        last = events.search([], limit=1)
        # Not further back: of a type that never happened, no index would say so.
        return events.search(
            [
                ("id", ">", last.id - SAMPLES_AMONG),
                ("type", "in", fitting),
                ("company_id", "in", [company.id, False]),
                ("error", "=", False),
            ],
            limit=1,
        )
