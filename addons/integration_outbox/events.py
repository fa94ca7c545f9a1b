"""What the hub tells of itself."""

from pydantic import Field

from odoo.addons.integration_core.canonical import Canonical, UtcDatetime, utc
from odoo.addons.integration_core.declare import becomes, event


class Incident(Canonical):
    """Something a person should look at."""

    reference: str = Field(examples=["audit.broken/12"])
    kind: str = Field(examples=["credential.expired"])
    title: str = Field(examples=["MES Halle 3 has no valid secret any more"])
    details: str | None = None
    what_to_do: str | None = None
    severity: str = Field(examples=["critical"], description="minor, major or critical")
    system: str | None = Field(None, examples=["MES Halle 3"])
    opened_at: UtcDatetime


class ExpiringCredential(Canonical):
    """A secret that ends soon. Which one is told by its fingerprint, never by itself."""

    reference: str = Field(examples=["9f86d081884c"], description="Its fingerprint")
    system: str = Field(examples=["MES Halle 3"])
    purpose: str = Field(
        examples=["sign"],
        description="sign: Odoo signs with it; verify: the system proves itself with it; call: Odoo does",
    )
    expires_at: UtcDatetime


class PausedSubscription(Canonical):
    """Nothing goes out on it until somebody resumes it; what waits is kept."""

    reference: str = Field(examples=["Production to MES Halle 3"])
    system: str = Field(examples=["MES Halle 3"])
    reason: str | None = None


@event(
    "integration.incident.opened",
    version=1,
    data=Incident,
    on="integration.incident",
    when=becomes(state="open"),
)
def incident_opened(incident):
    """Something needs a person: what happened, and what to do about it."""
    levels = {"1": "minor", "2": "major", "3": "critical"}
    return Incident(
        reference=f"{incident.kind}/{incident.id}",
        kind=incident.kind,
        title=incident.name,
        details=incident.details or None,
        what_to_do=incident.runbook or None,
        severity=levels[incident.severity],
        system=incident.system_id.name or None,
        opened_at=utc(incident.opened_at),
    )


@event(
    "integration.credential.expiring",
    version=1,
    data=ExpiringCredential,
    on="integration.credential",
    when=becomes(expiry_state="expiring"),
)
def credential_expiring(credential):
    """A secret expires within a month: its successor should be handed over."""
    return ExpiringCredential(
        reference=credential.fingerprint,
        system=credential.system_id.name,
        purpose=credential.purpose,
        expires_at=utc(credential.expires_at),
    )


@event(
    "integration.subscription.paused",
    version=1,
    data=PausedSubscription,
    on="integration.subscription",
    when=becomes(state="paused"),
)
def subscription_paused(subscription):
    """A subscription was paused, by a person or after days of failure."""
    return PausedSubscription(
        reference=subscription.name,
        system=subscription.system_id.name,
        reason=subscription.pause_reason or None,
    )
