import re
import secrets
from dataclasses import dataclass

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import several_databases
from ..policy import egress, scopes
from ..trust import access_tokens
from ..wire.oauth_token import PATH as TOKEN_PATH

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
    """OAuth 2.0 both ways: clients of ours that are partners, and partners whose client Odoo is."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.credential"

    client_id = fields.Char(
        string="Client ID", copy=False, help="Names the client; no secret. Partners get a new one from us."
    )
    scopes = fields.Text(
        help="What it may do, one per line: send:execution.*, read:equipment, write:maintenance.order. "
        "Empty: send what the endpoint accepts."
    )
    token_minutes = fields.Integer(
        string="Tokens Last (min)", required=True, default=60, help="Then the partner fetches the next one."
    )
    token_url = fields.Char(string="Token Endpoint", help="Where the partner hands out access tokens.")
    token_scope = fields.Char(string="Scope Asked For", help="As the partner names it. Empty: its default.")
    token_parameters = fields.Text(
        string="Further Parameters", help="What the token endpoint wants besides, one per line: audience: wms"
    )
    client_auth = fields.Selection(
        [("basic", "In the header (HTTP Basic)"), ("post", "In the body")],
        string="Secret Is Sent",
        required=True,
        default="basic",
    )
    key_id = fields.Char(string="Key ID", help="The kid that the partner gave to your key. Often empty.")
    public_key = fields.Text(
        readonly=True, copy=False, help="For the partner: it verifies with it. No secret."
    )

    # Not unique: while a secret is changed, the old and the new one belong to one client.
    _client_idx = models.Index("(client_id) WHERE purpose = 'verify' AND client_id IS NOT NULL")
    _minutes = models.Constraint(
        "CHECK (token_minutes BETWEEN 1 AND 1440)", "Tokens last for 1 to 1440 minutes."
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("kind") == "oauth2_client" and vals.get("purpose") == "verify":
                vals.setdefault("client_id", f"hub-{secrets.token_hex(8)}")
        return super().create(vals_list)

    @api.constrains("scopes")
    def _check_scopes(self):
        for credential in self:
            wrong = scopes.mistake(credential.scopes)
            if wrong:
                raise ValidationError(
                    self.env._("%r is no scope. Write send:execution.*, read:equipment or write:*.", wrong)
                )

    @api.constrains("purpose", "client_id", "system_id")
    def _check_client_is_one(self):
        for credential in self.filtered(lambda c: c.purpose == "verify" and c.client_id):
            same = [("client_id", "=", credential.client_id), ("purpose", "=", "verify")]
            if credential.sudo().search_count([*same, ("system_id", "!=", credential.system_id.id)], limit=1):
                raise ValidationError(self.env._("This client ID belongs to another system."))

    @api.constrains(
        "kind", "purpose", "client_id", "token_url", "token_scope", "token_parameters", "system_id"
    )
    def _check_client(self):
        for credential in self.filtered(lambda c: c.purpose == "call" and c.kind.startswith("oauth2")):
            if not VISIBLE.match(credential.client_id or ""):
                raise ValidationError(self.env._("Enter the client ID that the partner gave you."))
            try:
                egress.check_url(credential.token_url or "")
                credential._parameters()
            except (egress.EgressRefused, ValueError) as error:
                raise ValidationError(self.env._("Token endpoint: %s", error)) from error
            if not credential.token_url.startswith("https:") and not credential.system_id.allowed_networks:
                raise ValidationError(
                    self.env._("Secrets go to a token endpoint: outside of the plant it has to be https.")
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
                raise ValueError(self.env._("%r is no parameter; write audience: wms", line))
            if name in OURS:
                raise ValueError(self.env._("%s is set by the engine.", name))
            found.append((name, value))
        return tuple(found)

    def _client(self, secret):
        """:param secret: as :meth:`_ring` gives it."""
        self.ensure_one()
        return Client(
            id=self.id,
            url=self.token_url,
            client_id=self.client_id,
            secret=secret.decode() if isinstance(secret, bytes) else secret,
            is_in_body=self.client_auth == "post",
            key_id=self.key_id or "",
            scope=self.token_scope or "",
            parameters=self._parameters(),
        )

    def _handed_on(self):
        """What the successor of this one has in common with it."""
        bounds = {"scopes": self.scopes, "allowed_sources": self.allowed_sources}
        return {**bounds, **({"client_id": self.client_id} if self.client_id else {})} if self else {}

    def _shown_with_secret(self):
        """What the dialog that shows a fresh secret says besides."""
        if self.kind != "oauth2_client":
            return {}
        address, _is_ambiguous = several_databases.address(
            self.get_base_url(), TOKEN_PATH, self.env.cr.dbname
        )
        return {"clientId": self.client_id, "tokenUrl": address}

    # -- partners that are our clients -----------------------------------------------------------

    @api.model
    def _clients_named(self, client_id):
        """The credentials of a partner that may have tokens now: more than one while its secret is changed.

        index: integration_credential_client_idx
        """
        return self.sudo().search(
            [
                ("client_id", "=", client_id),
                ("purpose", "=", "verify"),
                ("state", "in", ("planned", "active", "retiring")),
                ("system_id.active", "=", True),
                ("system_id.is_held", "=", False),
            ]
        )

    def _resource_of(self, _uri):
        """What a token may be bound to (RFC 8707): the text that stands for it, or ``None``.

        Hook: by those who have resources.
        """
        return

    def action_revoke(self):
        result = super().action_revoke()
        access_tokens.forget(self.env.cr, self.ids)
        return result
