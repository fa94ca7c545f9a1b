from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.integration_core import logs
from odoo.addons.integration_core.policy import egress, scopes
from odoo.addons.integration_core.policy.expression import compiled
from odoo.addons.integration_core.trust.sealing import Sealed
from odoo.addons.integration_core.wire.standard_webhooks import TOLERANCE_S

from ..verification.hmac_scheme import ALGORITHMS, ENCODINGS, HmacScheme
from ..verification.schemes import DEFAULT_CERTIFICATE_HEADER, DEFAULT_KEY_HEADER, SCHEMES

_logger = logs.get_logger(__name__)


class IntegrationEndpoint(models.Model):
    """Authentication of an endpoint's senders."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.endpoint"

    scheme = fields.Selection(
        [(name, scheme.title) for name, scheme in SCHEMES.items()],
        string="Authentication",
        required=True,
        default="standard_webhooks",
        tracking=True,
    )
    credential_ids = fields.Many2many(
        "integration.credential",
        string="Credentials",
        domain="[('system_id', '=', system_id), ('purpose', '=', 'verify'), ('state', '!=', 'revoked')]",
        copy=False,
        help="Credentials accepted by this endpoint. Empty: all credentials of the system for this authentication.",
    )
    tolerance_s = fields.Integer(
        string="Clock Tolerance (s)",
        required=True,
        default=TOLERANCE_S,
        help="Largest difference in seconds between a signed timestamp and the server's clock.",
    )
    hmac_header = fields.Char(string="Signature Header", default="x-signature")
    hmac_algorithm = fields.Selection(
        [(name, name.upper().replace("SHA", "SHA-")) for name in ALGORITHMS], default="sha256"
    )
    hmac_encoding = fields.Selection([(name, name) for name in ENCODINGS], default="hex")
    hmac_prefix = fields.Char(
        string="Signature Prefix", help="Text before the signature in the header: sha256="
    )
    hmac_signed = fields.Char(
        string="Signed Content",
        default="{body}",
        help="Template of the signed text, of {body}, {timestamp} and {id}: {timestamp}.{body}",
    )
    hmac_timestamp_header = fields.Char(string="Timestamp Header")
    key_header = fields.Char(
        help="Header with the API key or the certificate. Empty: X-API-Key or Client-Cert."
    )
    id_header = fields.Char(
        string="Message ID Header",
        help="Header with the ID of the message. Empty: the one of the authentication, the ID of the event, or a "
        "digest of the body.",
    )
    id_expression = fields.Char(
        string="Message ID",
        tracking=True,
        help="JSONata expression over the request body, $headers for the request headers: event.id. Messages with "
        "the same ID are duplicates within the deduplication window. Empty: the header, the ID of the event, or "
        "a digest of the body.",
    )
    has_message_id = fields.Boolean(string="Has Message ID", compute="_compute_has_message_id")
    allowed_sources = fields.Text(
        string="Allowed IP Ranges",
        tracking=True,
        help="IP ranges of the senders, one per line: 203.0.113.0/24. Empty: any address.",
    )
    trusted_proxies = fields.Text(
        tracking=True,
        help="IP ranges of the proxies that verify client certificates, one per line: 10.0.0.0/24. A proxy must "
        "overwrite the header, whose content is trusted.",
    )
    allowed_origins = fields.Text(
        string="Allowed CORS Origins",
        help="Origins accepted in the CloudEvents webhook handshake (WebHook-Request-Origin), one per line; * for all. "
        "Empty: none.",
    )
    has_secret = fields.Boolean(compute="_compute_has_secret")

    @api.depends("system_id.credential_ids.state", "scheme", "credential_ids.state")
    def _compute_has_secret(self):
        for endpoint in self:
            endpoint.has_secret = bool(endpoint.system_id and endpoint._credentials())

    @api.depends("scheme", "id_header", "id_expression", "mapping")
    def _compute_has_message_id(self):
        """Whether each message is named by its sender; CloudEvents, which need no mapping, always are."""
        for endpoint in self:
            scheme = SCHEMES.get(endpoint.scheme)
            of_scheme = scheme and (scheme.id_header or scheme.id_member)
            own = endpoint.id_header or endpoint.id_expression
            endpoint.has_message_id = bool(own or of_scheme or not (endpoint.mapping or "").strip())

    @api.constrains("id_expression")
    def _check_id_expression(self):
        for endpoint in self.filtered("id_expression"):
            try:
                compiled(endpoint.id_expression)
            except ValueError as error:
                raise ValidationError(self.env._("Message ID: %s", error)) from error

    @api.constrains("scheme", "hmac_header", "hmac_signed", "hmac_timestamp_header", "id_header")
    def _check_hmac(self):
        for endpoint in self:
            try:
                endpoint._hmac()
            except ValueError as error:
                raise ValidationError(str(error)) from error

    @api.constrains("allowed_sources", "trusted_proxies", "scheme")
    def _check_networks(self):
        for endpoint in self:
            try:
                egress.networks(endpoint.allowed_sources)
                proxies = egress.networks(endpoint.trusted_proxies)
            except ValueError as error:
                raise ValidationError(str(error)) from error
            if endpoint.scheme == "certificate" and not proxies:
                raise ValidationError(
                    self.env._(
                        "Trusted proxies: enter the IP ranges of the proxies that verify client certificates."
                    )
                )

    def _credentials(self):
        """What senders may sign with or show now, the active ones first."""
        usable = self.system_id._credentials("verify", SCHEMES[self.scheme].kinds)
        return usable & self.sudo().credential_ids if self.sudo().credential_ids else usable

    def _hmac(self):
        """How the digest is written down; ``None`` where the scheme has none.

        :raises ValueError: what does not go together.
        """
        if self.scheme != "hmac":
            return SCHEMES[self.scheme].hmac
        if not self.hmac_header:
            raise ValueError(self.env._("Signature header: enter the name of the header."))
        return HmacScheme(
            self.hmac_header.strip().lower(),
            self.hmac_algorithm or "sha256",
            self.hmac_encoding or "hex",
            prefix=self.hmac_prefix or "",
            signed=self.hmac_signed or "{body}",
            timestamp=(self.hmac_timestamp_header or "").strip().lower(),
            id_header=(self.id_header or "").strip().lower(),
        )

    def _settings_of_verification(self):
        try:
            ring, no_keys = self._credentials()._ring(), None
        except Sealed as error:
            ring, no_keys = [], str(error)
            _logger.error("endpoint %s cannot verify anything: %s", self.id, error)
        scheme = SCHEMES[self.scheme]
        usual = DEFAULT_CERTIFICATE_HEADER if self.scheme == "certificate" else DEFAULT_KEY_HEADER
        return {
            "scheme": self.scheme,
            "keys": tuple(key for _id, key in ring),
            "credential_ids": tuple(id_ for id_, _key in ring),
            "key_networks": tuple(
                tuple(egress.networks(self.env["integration.credential"].browse(id_).sudo().allowed_sources))
                for id_, _key in ring
            ),
            "key_scopes": tuple(
                scopes.split(self.env["integration.credential"].browse(id_).sudo().scopes)
                for id_, _key in ring
            ),
            "no_keys": no_keys,
            "hmac": self._hmac(),
            "header": (self.key_header or usual).strip().lower(),
            "id_header": (self.id_header or scheme.id_header).strip().lower(),
            "id_expression": (self.id_expression or "").strip(),
            "tolerance_s": self.tolerance_s,
            "networks": tuple(egress.networks(self.allowed_sources)),
            "proxies": tuple(egress.networks(self.trusted_proxies)),
            "origins": tuple((self.allowed_origins or "").lower().split()),
        }

    def _generated_kind(self):
        """What Odoo makes for this endpoint's senders.

        :raises UserError: only the partner can make it.
        """
        kind = SCHEMES[self.scheme].kinds[0]
        if kind == "certificate":
            raise UserError(
                self.env._(
                    "Certificates are issued by the partner. Add the fingerprint under Credentials on the system."
                )
            )
        return kind

    def _replaceable(self, kind):
        """The active credentials that a new secret of this endpoint replaces: its own, or the system's."""
        chosen = self.sudo().credential_ids
        if not chosen:
            return self.system_id._replaceable("verify", kind)
        return self._credentials().filtered(lambda c: c.state == "active" and c.kind == kind)

    def _new_secret(self, kind, replaced):
        """Make a secret for this endpoint's senders, and show it, this once."""
        credential, secret = self.system_id._rotate("verify", kind, replaced)
        if self.sudo().credential_ids:  # else it takes any
            self.credential_ids |= credential
        return self.system_id._show(credential, secret)

    def action_new_secret(self):
        """Make what this endpoint's senders sign with or show, and show it this once."""
        self.ensure_one()
        self.check_access("write")
        kind = self._generated_kind()
        return self._new_secret(kind, self._replaceable(kind))

    def action_rotate(self):
        """Open the dialog that makes a new secret and says what it replaces."""
        self.ensure_one()
        self.check_access("write")
        action = self.system_id.with_context(default_purpose="verify").action_rotate()
        context = {"default_kind": self._generated_kind(), "default_endpoint_id": self.id}
        return {**action, "context": {**action["context"], **context}}
