from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Channel:
    """A subscription as the sender sees it.

    :ivar keys: what to sign with, the active key first.
    :ivar credential_ids: whose keys they are.
    :ivar networks: private ranges that may be called.
    :ivar problem: why nothing can be sent now, or ``None``.
    :ivar mode: how the event goes into a request, see ``compose``.
    :ivar filter: compiled JSONata, or ``None``; :ivar mapping: likewise.
    :ivar withheld: event types with personal data that the subscription names no purpose for.
    :ivar headers: ``((name, value), …)`` of the partner's own.
    :ivar secret_headers: likewise, with what we prove ourselves with; masked wherever they are kept.
    :ivar client: whose access token is shown, see ``tokens``, or ``None``.
    :ivar identity: ``private_keys.Identity`` that is shown in TLS handshakes, or ``None``.
    :ivar max_in_flight: of all workers together; 0 leaves it to the engine.
    :ivar rate_per_s: 0 for no limit.
    :ivar schedule: seconds to wait after the first, second, … failure; empty for the usual backoff.
    :ivar expires_after_s: older ones are not sent; 0 for never.
    :ivar hours: when it may be called, or ``None`` for always.
    :ivar fallback_id: the subscription that gets what dies here, or ``None``.
    """

    id: int
    is_paused: bool
    url: str
    keys: tuple
    timeout_s: int
    max_attempts: int
    networks: tuple
    problem: str | None
    credential_ids: tuple = ()
    is_ordered: bool = False
    holds_at_dead: bool = False
    mode: str = "structured"
    filter: Any = None
    withheld: frozenset = frozenset()
    mapping: Any = None
    headers: tuple = ()
    secret_headers: tuple = ()
    client: Any = None
    identity: Any = None
    batch_size: int = 1
    batch_wait_s: float = 0
    max_in_flight: int = 0
    rate_per_s: float = 0
    burst: int = 1
    schedule: tuple = field(default=())
    expires_after_s: int = 0
    hours: Any = None
    fallback_id: int | None = None

    @property
    def is_limited(self):
        """Whether all workers together have to count."""
        return bool(self.max_in_flight or self.rate_per_s)

    @classmethod
    def unusable(cls, id_, problem):
        """One whose settings cannot be read: its deliveries wait."""
        return cls(id_, False, "", (), 1, 1, (), problem)
