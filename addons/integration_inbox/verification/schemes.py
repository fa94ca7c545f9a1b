"""Authentication schemes of endpoints, with the credentials and headers of each.

Sources: Standard Webhooks 1.0; GitHub "Validating webhook deliveries"; Stripe "Verify webhook
signatures manually"; Shopify "Verify webhooks"; Slack "Verifying requests from Slack"; EasyPost
"Webhooks"; RFC 7617 (Basic), RFC 6750 (Bearer), RFC 9440 (Client-Cert).
"""

from dataclasses import dataclass

from odoo.addons.integration_core.wire import standard_webhooks

from .hmac_scheme import HmacScheme

DEFAULT_KEY_HEADER = "x-api-key"
DEFAULT_CERTIFICATE_HEADER = "client-cert"


@dataclass(frozen=True)
class Scheme:
    """:ivar title: as admins read it. :ivar kinds: of the credentials that it checks with.
    :ivar hmac: how the digest is written down, where it is one that needs no further setting.
    :ivar id_header: where its senders put the id of a message; :ivar id_member: or in the body.
    """

    title: str
    kinds: tuple = ("shared_secret",)
    hmac: HmacScheme | None = None
    id_header: str = ""
    id_member: str = ""


SCHEMES = {
    "standard_webhooks": Scheme(
        "Standard Webhooks (v1, v1a)",
        kinds=("standard_webhooks", "standard_webhooks_public"),
        id_header=standard_webhooks.ID,
    ),
    "github": Scheme(
        "GitHub",
        hmac=HmacScheme("x-hub-signature-256", prefix="sha256="),
        id_header="x-github-delivery",
    ),
    "stripe": Scheme(
        "Stripe",
        hmac=HmacScheme("stripe-signature", element="v1", timestamp="t", signed="{timestamp}.{body}"),
        id_member="id",
    ),
    "shopify": Scheme(
        "Shopify",
        hmac=HmacScheme("x-shopify-hmac-sha256", encoding="base64"),
        id_header="x-shopify-webhook-id",
    ),
    "slack": Scheme(
        "Slack",
        hmac=HmacScheme(
            "x-slack-signature",
            prefix="v0=",
            timestamp="x-slack-request-timestamp",
            signed="v0:{timestamp}:{body}",
        ),
        id_member="event_id",
    ),
    "easypost": Scheme(
        "EasyPost",
        hmac=HmacScheme("x-hmac-signature", prefix="hmac-sha256-hex="),
        id_member="id",
    ),
    "hmac": Scheme("HMAC (Custom)"),
    "api_key": Scheme("API Key", kinds=("api_key",)),
    "basic": Scheme("HTTP Basic (User and Password)", kinds=("login",)),
    "bearer": Scheme("Static Bearer Token", kinds=("api_key",)),
    "oauth2": Scheme("OAuth 2.0 Access Token", kinds=("oauth2_client",)),
    "certificate": Scheme("Client Certificate (mTLS Proxy)", kinds=("certificate",)),
}
