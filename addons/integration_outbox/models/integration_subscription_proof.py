import base64
import re
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.policy import egress

from .integration_subscription_content import TOKEN

# What a subscription proves itself with, by the kinds of the credentials that can.
KINDS = {
    "signature": (),
    "oauth2": ("oauth2_client", "oauth2_key"),
    "bearer": ("api_key",),
    "api_key": ("api_key",),
    "basic": ("login",),
}
DEFAULT_KEY_HEADER = "X-API-Key"
VISIBLE = re.compile(r"^[\x20-\x7e]+$")
# Names of what holds a secret, which has a place of its own. An author is none, nor what messages go by.
SECRETIVE = re.compile(
    r"auth(?!or(?!i[sz]))|token|secret|passw|passphrase|credential|cookie|session|signature|key(?![a-z])"
)
NOT_SECRET = {"idempotency-key", "partition-key", "routing-key", "x-partition-key", "x-routing-key"}


class IntegrationSubscription(models.Model):
    """Outbound authentication of a subscription, in addition to the signature."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.subscription"

    authorization = fields.Selection(
        [
            ("signature", "Signature only"),
            ("oauth2", "OAuth 2.0 access token"),
            ("bearer", "Static bearer token"),
            ("api_key", "API key in a header"),
            ("basic", "User and password (HTTP Basic)"),
        ],
        string="Authentication",
        required=True,
        default="signature",
        tracking=True,
        help="Authentication in addition to the signature, which every request has. It uses the credentials "
        "of the system with the purpose “Outbound Authentication”.",
    )
    key_header = fields.Char(help="HTTP header that carries the API key. Empty: X-API-Key.")

    @api.constrains("extra_headers")
    def _check_no_secret_headers(self):
        for subscription in self:
            names = (name for name, _value in subscription._headers() if name not in NOT_SECRET)
            found = next(filter(SECRETIVE.search, names), None)
            if found:
                raise ValidationError(
                    self.env._(
                        "Extra headers: by its name %s holds a secret, which all users of the subscription could "
                        "read. Add a credential to the system, and select it under Authentication.",
                        found,
                    )
                )

    @api.constrains("authorization", "key_header")
    def _check_key_header(self):
        for subscription in self.filtered(lambda s: s.authorization == "api_key"):
            try:
                subscription._header_of_key()
            except ValueError as error:
                raise ValidationError(self.env._("Key header: %s", error)) from error

    def _proof(self):
        """The part of ``Channel`` that says who we are; ``problem`` where it cannot be said.

        :raises Sealed: a credential cannot be opened on this server.
        """
        self.ensure_one()
        certificates = self.system_id._credentials("call", ["client_certificate"])[:1]
        shown = self.system_id._credentials("call", KINDS[self.authorization])[:1]
        found = {"credential_ids": (*certificates.ids, *shown.ids)}
        for _id, identity in certificates._ring():
            found["identity"] = identity
        if self.authorization == "signature":
            return found
        if not shown:
            label = dict(self._fields["authorization"]._description_selection(self.env))[self.authorization]
            problem = self.env._(
                "%(system)s has no credential for outbound authentication: %(what)s",
                system=self.system_id.name,
                what=label,
            )
            return {**found, "problem": problem}
        problem = self._place_problem(shown)
        if problem:
            return {**found, "problem": problem}
        ((_id, key),) = shown._ring()
        if self.authorization == "oauth2":
            return {**found, "client": shown._client(key)}
        return {**found, "secret_headers": (self._secret_header(key),)}

    def _place_problem(self, credential):
        """Why a credential may not be shown at this address, or ``None``."""
        address = urlsplit(egress.ascii_url(self.url or ""))
        if address.hostname not in credential._hosts():
            return self.env._(
                "%(name)s is not allowed for %(host)s. Add the host under Allowed Hosts of the credential",
                name=credential.name,
                host=address.hostname,
            )
        if address.scheme != "https" and not self.system_id.allowed_networks:
            return self.env._("The URL has to start with https:// because the request carries a credential")
        return None

    def _secret_header(self, key):
        """``(name, value)`` of the header that shows a key (RFC 6750, RFC 7617)."""
        text = key.decode()
        if self.authorization != "basic" and not VISIBLE.match(text):
            raise ValueError(
                self.env._(
                    "The key of %s has a character that is not allowed in a header.", self.system_id.name
                )
            )
        match self.authorization:
            case "bearer":
                return "authorization", f"Bearer {text}"
            case "basic":
                return "authorization", f"Basic {base64.b64encode(key).decode()}"
        return self._header_of_key(), text

    def _header_of_key(self):
        """In lower case.

        :raises ValueError: it is no name of a header, or one that is ours.
        """
        name = (self.key_header or DEFAULT_KEY_HEADER).strip().lower()
        if not TOKEN.match(name):
            raise ValueError(self.env._("%r is not a header name. Enter a name such as X-API-Key", name))
        self._check_header_name(name)
        return name
