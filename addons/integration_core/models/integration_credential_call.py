import re
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..policy import egress
from ..trust.credential_kinds import HANDED_OVER

HOST = re.compile(r"^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$|^[0-9a-f:]+$")
WHERE = {"hosts", "token_url"}
# RFC 6749, appendix A.1.
VISIBLE = re.compile(r"^[\x20-\x7e]+$")
OURS = ("grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type", "scope")


@dataclass(frozen=True)
class Client:
    """How tokens are fetched from a partner. The same client gets the same tokens.

    :ivar id: of the credential. :ivar secret: text, or a ``private_keys.SigningKey``.
    :ivar parameters: ``((name, value), …)`` that its token endpoint wants besides.
    """

    id: int
    url: str
    client_id: str
    secret: object
    is_in_body: bool = False
    key_id: str = ""
    scope: str = ""
    parameters: tuple = ()


class IntegrationCredential(models.Model):
    """Outbound authentication of a credential, and the hosts that it is sent to.

    Else whoever changes an address would be handed a secret that is not theirs.
    """

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.credential"

    hosts = fields.Text(
        string="Allowed Hosts",
        help="Hosts that the credential is sent to, one per line: api.carrier.example.",
    )
    token_url = fields.Char(string="Token Endpoint", help="URL that issues access tokens.")
    token_scope = fields.Char(
        string="Requested Scope", help="Scope as the partner names it. Empty: default of the partner."
    )
    token_parameters = fields.Text(
        help="Additional parameters of the token request, one per line: audience: wms",
    )
    client_auth = fields.Selection(
        [("basic", "Header (HTTP Basic)"), ("post", "Body")],
        string="Client Authentication",
        required=True,
        default="basic",
    )
    key_id = fields.Char(string="Key ID", help="Key ID (kid) that the partner assigned to the key. Optional.")
    public_key = fields.Text(readonly=True, copy=False, help="Public key for the partner. It is not secret.")

    @api.constrains("hosts", "purpose", "kind", "system_id")
    def _check_hosts(self):
        for credential in self.filtered(lambda c: c.purpose == "call" and c.kind != "client_certificate"):
            label = self.env._("Allowed hosts")
            for host in (credential.hosts or "").split():
                credential.system_id._check_callable(label, egress.check_host, host)
            wrong = next((host for host in credential._hosts() if not HOST.match(host)), None)
            if wrong:
                raise ValidationError(
                    self.env._(
                        "%r is not a host. Enter api.carrier.example, without https:// and path.", wrong
                    )
                )
            if not credential._hosts():
                raise ValidationError(self.env._("Allowed hosts: enter at least one host."))

    def _hosts(self):
        """In ASCII, as they stand in a URL that is called."""
        return [egress.ascii_host(host) for host in (self.hosts or "").split()]

    @api.constrains(
        "kind", "purpose", "client_id", "token_url", "token_scope", "token_parameters", "system_id"
    )
    def _check_client(self):
        for credential in self.filtered(lambda c: c.purpose == "call" and c.kind.startswith("oauth2")):
            if not VISIBLE.match(credential.client_id or ""):
                raise ValidationError(self.env._("Client ID: enter the client ID of the partner."))
            credential.system_id._check_callable(
                self.env._("Token endpoint"), egress.check_url, credential.token_url or ""
            )
            try:
                credential._parameters()
            except ValueError as error:
                raise ValidationError(self.env._("Token endpoint: %s", error)) from error
            if not credential.token_url.startswith("https:") and not credential.system_id.allowed_networks:
                raise ValidationError(
                    self.env._(
                        "Token endpoint: outside of private networks the URL has to start with https://."
                    )
                )

    def _parameters(self):
        """``((name, value), …)``.

        :raises ValueError: names the line that is none.
        """
        found = []
        for line in (self.token_parameters or "").splitlines():
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not line.strip():
                continue
            if not (name and colon and value):
                raise ValueError(self.env._("%r is not a parameter. Enter audience: wms", line))
            if name in OURS:
                raise ValueError(self.env._("%s is set automatically.", name))
            found.append((name, value))
        return tuple(found)

    def _client(self, secret):
        """:param secret: as :meth:`_ring` gives it."""
        self.ensure_one()
        return Client(
            id=self.id,
            url=egress.ascii_url(self.token_url),
            client_id=self.client_id,
            secret=secret.decode() if isinstance(secret, bytes) else secret,
            is_in_body=self.client_auth == "post",
            key_id=self.key_id or "",
            scope=self.token_scope or "",
            parameters=self._parameters(),
        )

    def write(self, vals):
        if vals.keys() & WHERE and not (vals.get("secret") or vals.get("secret_pem")):
            for credential in self.filtered(lambda c: c.purpose == "call" and c.kind in HANDED_OVER):
                if any(name in vals and (vals[name] or "") != (credential[name] or "") for name in WHERE):
                    raise UserError(
                        self.env._(
                            "Enter the secret of %s again. It would be sent to another host, and only users who know "
                            "it can allow that.",
                            credential.name,
                        )
                    )
        return super().write(vals)
