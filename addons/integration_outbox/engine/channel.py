from dataclasses import dataclass


@dataclass(frozen=True)
class Channel:
    """A subscription as the sender sees it.

    :ivar keys: what to sign with, the active key first.
    :ivar networks: private ranges that may be called.
    :ivar problem: why nothing can be sent now, or ``None``.
    """

    id: int
    is_paused: bool
    url: str
    keys: tuple
    timeout_s: int
    max_attempts: int
    networks: tuple
    problem: str | None

    @property
    def is_open(self):
        return not self.is_paused and self.problem is None
