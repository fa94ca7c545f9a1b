from dataclasses import dataclass, field


@dataclass
class Case:
    """:ivar name: what is wrong. :ivar status: of the answer. :ivar problem: the last part of its type.
    :ivar body: bytes; the good body when ``None``. :ivar event: attributes of the good event to change.
    :ivar headers: to change; ``None`` leaves one out. :ivar signing: changes of how it is signed.
    :ivar endpoint: settings of the endpoint. :ivar before: how many good ones were posted before.
    :ivar short_by: so many bytes fewer are sent than ``Content-Length`` says.
    """

    name: str
    status: int
    problem: str
    body: bytes | None = None
    event: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    signing: dict = field(default_factory=dict)
    endpoint: dict = field(default_factory=dict)
    method: str = "POST"
    path: str | None = None
    before: int = 0
    message_id: str = "msg_1"
    short_by: int = 0
