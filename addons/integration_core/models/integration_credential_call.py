import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..trust.credential_kinds import HANDED_OVER

HOST = re.compile(r"^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$|^[0-9a-f:]+$")
WHERE = {"hosts", "token_url"}


class IntegrationCredential(models.Model):
    """Where what Odoo shows may go: else whoever changes an address would be handed a secret that is not theirs."""

    # pylint: disable=consider-merging-classes-inherited
    _inherit = "integration.credential"

    hosts = fields.Text(
        string="Shown Only To",
        help="Hosts, one per line: api.carrier.example. What proves us goes nowhere else, whatever address a "
        "subscription is given.",
    )

    @api.constrains("hosts", "purpose", "kind")
    def _check_hosts(self):
        for credential in self.filtered(lambda c: c.purpose == "call" and c.kind != "client_certificate"):
            wrong = next((host for host in credential._hosts() if not HOST.match(host)), None)
            if wrong:
                raise ValidationError(
                    self.env._("%r is no host: write api.carrier.example, without https:// and path.", wrong)
                )
            if not credential._hosts():
                raise ValidationError(self.env._("Name the hosts that it may be shown to."))

    def _hosts(self):
        return (self.hosts or "").lower().split()

    def write(self, vals):
        if vals.keys() & WHERE and not (vals.get("secret") or vals.get("secret_pem")):
            for credential in self.filtered(lambda c: c.purpose == "call" and c.kind in HANDED_OVER):
                if any(name in vals and (vals[name] or "") != (credential[name] or "") for name in WHERE):
                    raise UserError(
                        self.env._(
                            "Type the secret of %s again: it would be shown elsewhere, and only who knows it may "
                            "say so.",
                            credential.name,
                        )
                    )
        return super().write(vals)
