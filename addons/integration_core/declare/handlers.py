"""Declarations of what comes in."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from .events import Place, module_of, summary_of

# {(name, version): {function: declaration}}: several modules may take one event.
HANDLERS = defaultdict(dict)
# Declared a second time by a function of the same name, which would have replaced the first: (first, second).
RIVALS = []


@dataclass(frozen=True)
class HandlerDeclaration:
    """An event that comes in, and the code that applies it. Built by :func:`handler`.

    :ivar mirrors: names of the outbound events that merely repeat what a message of this type said. About the
        records that the handler returns, they are not sent back to the sender; whatever else it leads to is.
    """

    name: str
    version: int
    data: type
    apply: Callable
    module: str
    data_class: str = "internal"
    latency_ms: int = 1000
    # Only the latest counts (a status, a position): one that comes late is superseded, not applied. Late by
    # its number among those of its key; without numbers, by its time among those of its key and type.
    latest_wins: bool = False
    mirrors: tuple = ()
    direction: str = "inbound"
    model: str | None = None
    triggers: tuple = field(default=())

    @property
    def summary(self):
        return summary_of(self.apply)

    @property
    def place(self):
        return Place.of(self.apply)


def handler(name, version, data, **options):
    """Declare an inbound event; the function applies it and returns the records that it touched.

    Where several take one event, each is applied, in the order of their modules, in one transaction.
    It may raise the errors of :mod:`odoo.addons.integration_core.errors`.
    """

    def declare(apply):
        declaration = HandlerDeclaration(name, version, data, apply, module_of(apply), **options)
        found = HANDLERS[name, version]
        first = found.setdefault(f"{apply.__module__}.{apply.__qualname__}", declaration)
        if first is not declaration:
            RIVALS.append((first, declaration))
        return apply

    return declare
