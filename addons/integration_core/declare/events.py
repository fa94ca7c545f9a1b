"""Declarations of what leaves."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

# {(name, version): declaration}
EVENTS = {}
# Declared a second time, elsewhere: legitimate in two modules that are not installed in one database.
RIVALS = defaultdict(list)


class Place(NamedTuple):
    """Where a declaration stands in the source."""

    file: str
    line: int

    @classmethod
    def of(cls, function):
        code = function.__code__
        return cls(code.co_filename, code.co_firstlineno)

    def __str__(self):
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class EventDeclaration:
    """An event that leaves Odoo. Built by :func:`event` and ``lifecycle``.

    :ivar key: dotted path in the data to the business key: events with one key keep their order.
    :ivar part_of: the model of the object that this one is a part of, told of before it.
    :ivar company: dotted path from the record to its company; empty means every company.
    """

    name: str
    version: int
    data: type
    build: Callable
    model: str
    triggers: tuple
    module: str
    key: str
    only_if: Callable | None = None
    data_class: str = "internal"
    latency_ms: int = 1000
    # Only the latest of a key counts (a stock level): one that waits gives way to a newer one.
    coalesces: bool = False
    part_of: str | None = None
    company: str = "company_id"
    description: str = ""
    direction: str = "outbound"

    @property
    def summary(self):
        return self.description or summary_of(self.build)

    @property
    def place(self):
        return Place.of(self.build)


def summary_of(function):
    """The first line of a docstring: what the catalog shows."""
    return (function.__doc__ or "").strip().partition("\n")[0].strip()


def module_of(function):
    return function.__module__.split(".")[2]


def add(declaration):
    """Note a declaration. A second one of the same name and version is kept apart, for the checks."""
    key = declaration.name, declaration.version
    if EVENTS.setdefault(key, declaration) is not declaration:
        RIVALS[key].append(declaration)


def event(name, version, data, on, when, key="reference", only_if=None, **options):
    """Declare an outbound event; the function builds its data from one record.

    :param data: the canonical model that the function returns.
    :param on: the model that the event is about.
    :param when: one trigger, or a list of them; any of them suffices.
    :param only_if: asked with the record as committed; false drops the event.
    :param options: further attributes of :class:`EventDeclaration`.
    """

    def declare(build):
        triggers = tuple(when) if isinstance(when, (list, tuple)) else (when,)
        add(
            EventDeclaration(
                name, version, data, build, on, triggers, module_of(build), key, only_if, **options
            )
        )
        return build

    return declare
