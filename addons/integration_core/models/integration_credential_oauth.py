import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import several_databases
from ..policy import scopes
from ..trust import access_tokens
from ..wire.oauth_token import PATH as TOKEN_PATH


class IntegrationCredential(models.Model):
    """Scopes of a partner's credential, and partners that are OAuth 2.0 clients of Odoo."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.credential"

    client_id = fields.Char(
        string="Client ID",
        copy=False,
        help="Identifies the OAuth 2.0 client. It is not secret. For partners it is generated.",
    )
    scopes = fields.Text(
        help="Permitted scopes, one per line: send:execution.*, read:equipment, write:maintenance.order. "
        "Empty: all event types that the endpoint accepts."
    )
    token_minutes = fields.Integer(
        string="Token Lifetime (min)",
        required=True,
        default=60,
        help="Minutes until an access token expires. 1 to 1,440.",
    )
    # Not unique: while a secret is changed, the old and the new one belong to one client.
    _client_idx = models.Index("(client_id) WHERE purpose = 'verify' AND client_id IS NOT NULL")
    _minutes = models.Constraint(
        "CHECK (token_minutes BETWEEN 1 AND 1440)", "Token lifetime: enter 1 to 1,440 minutes."
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
                    self.env._("%r is not a scope. Enter send:execution.*, read:equipment or write:*.", wrong)
                )

    @api.constrains("purpose", "client_id", "system_id")
    def _check_client_is_one(self):
        for credential in self.filtered(lambda c: c.purpose == "verify" and c.client_id):
            same = [("client_id", "=", credential.client_id), ("purpose", "=", "verify")]
            if credential.sudo().search_count([*same, ("system_id", "!=", credential.system_id.id)], limit=1):
                raise ValidationError(self.env._("This client ID belongs to another system."))

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
