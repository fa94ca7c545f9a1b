import logging

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core.trust.sealing import Sealed

_logger = logging.getLogger(__name__)
# What is shown to us had the kind of what is signed with. By what the endpoints of its system make of it.
USES = """
    SELECT credential.id,
           array_agg(endpoint.id) FILTER (WHERE endpoint.scheme IN ('api_key', 'bearer')),
           count(*) FILTER (WHERE endpoint.scheme NOT IN
                            ('api_key', 'bearer', 'basic', 'standard_webhooks', 'certificate'))
      FROM integration_credential AS credential
      JOIN integration_endpoint AS endpoint ON endpoint.system_id = credential.system_id
     WHERE credential.purpose = 'verify' AND credential.kind = 'shared_secret'
       AND credential.state <> 'revoked'
     GROUP BY credential.id
    HAVING bool_or(endpoint.scheme IN ('api_key', 'bearer'))
"""


def migrate(cr, version):
    """API keys and tokens have a kind of their own, and only their digest is kept from now on."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    credentials = env["integration.credential"]
    cr.execute(USES)
    for id_, endpoint_ids, signing in cr.fetchall():
        credential = credentials.browse(id_)
        if signing:
            _split(env, credential, endpoint_ids)
        else:
            cr.execute("UPDATE integration_credential SET kind = 'api_key' WHERE id = %s", [id_])
    env.invalidate_all()
    living = [("purpose", "=", "verify"), ("kind", "in", ("api_key", "login")), ("state", "!=", "revoked")]
    for credential in credentials.search(living):
        try:
            credential._keep_digest()
        except Sealed as error:
            _logger.warning("credential %s is still kept as its text: %s", credential.id, error)


def _split(env, credential, endpoint_ids):
    """It is signed with at some endpoints of its system, and shown at others: those get one of their own."""
    try:
        secret = credential._text()
    except Sealed as error:
        _logger.error(
            "credential %s is not good for API keys any more, make a new one: %s", credential.id, error
        )
        return
    shown = credential.create(
        {
            "name": credential.name,
            "system_id": credential.system_id.id,
            "purpose": "verify",
            "kind": "api_key",
            "secret": secret,
            "state": credential.state,
            "expires_at": credential.expires_at,
            "allowed_sources": credential.allowed_sources,
        }
    )
    for endpoint in env["integration.endpoint"].browse(endpoint_ids):
        if credential in endpoint.credential_ids:
            endpoint.credential_ids = endpoint.credential_ids + shown
