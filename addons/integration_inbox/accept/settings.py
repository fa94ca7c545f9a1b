"""Settings of an endpoint for accepting requests, cached until they change."""

from dataclasses import dataclass

from odoo.addons.integration_core.policy import patterns

from ..verification.hmac_scheme import HmacScheme
from ..verification.schemes import SCHEMES
from ..verification.verify import MOST_KEYS

# Where there is no endpoint, in bytes.
LARGEST_OF_NOBODY = 1024 * 1024


@dataclass(frozen=True)
class Strangers:
    """Limits of an unverified request; the same at every URL, known or unknown.

    :ivar digests: of the body: as many as the endpoint with the most keys needs. One, while no secret is changed.
    :ivar largest: bytes of a body that is digested at all: the largest that any endpoint takes.
    """

    digests: int = 1
    largest: int = LARGEST_OF_NOBODY

    @classmethod
    def of(cls, all_settings):
        if not all_settings:
            return cls()
        return cls(
            max(1, *(min(len(settings.keys), MOST_KEYS) for settings in all_settings)),
            max(settings.largest for settings in all_settings),
        )


@dataclass(frozen=True)
class Settings:
    """:ivar keys: what the partner may sign or show now, the active first.
    :ivar credential_ids: whose keys they are, in the same order.
    :ivar key_networks: where each of them may be used from, in the same order; empty for anywhere.
    :ivar key_scopes: what each of them may do, likewise.
    :ivar no_keys: why there are none, for the log.
    :ivar header: where an API key or a certificate is shown.
    :ivar largest: bytes of a body, also opened. :ivar rate: messages per second on average, 0 for no limit.
    :ivar most_waiting: messages that may wait to be applied, 0 for any number.
    :ivar id_expression: JSONata that yields a message's id, empty where the sender has its own way.
    :ivar system_id: the sender. :ivar source: of events whose mapping names none.
    :ivar has_service_user: whether there is somebody to act as.
    """

    id: int
    scheme: str
    keys: tuple
    credential_ids: tuple
    key_networks: tuple
    key_scopes: tuple
    no_keys: str | None
    hmac: HmacScheme | None
    header: str
    id_header: str
    id_expression: str
    tolerance_s: int
    networks: tuple
    proxies: tuple
    largest: int
    rate: float
    burst: int
    most_waiting: int
    patterns: tuple
    unknown_policy: str
    batch_policy: str
    mapping: str
    origins: tuple
    source: str
    has_service_user: bool = True
    system_id: int | None = None

    @property
    def id_member(self):
        return SCHEMES[self.scheme].id_member

    def takes(self, name):
        """Whether an event of this type is accepted here."""
        return patterns.fits(self.patterns, name)

    @property
    def resource(self):
        """What an access token names that is good for this endpoint alone."""
        return f"endpoint,{self.id}"

    def granted(self, place, access):
        """The scopes of who proved itself with this key, and of the access token, if that was how."""
        of_token = [access.scopes] if self.scheme == "oauth2" else []
        return [self.key_scopes[place], *of_token]
