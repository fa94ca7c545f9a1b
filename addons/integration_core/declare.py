"""How an addon declares what it sends and what it takes: one declaration per event.

>>> @event("manufacturing.order.released", version=1, data=ManufacturingOrder, on="mrp.production",
...        when=becomes(state="confirmed"))
... def released(order):
...     '''The order is confirmed: the shop floor may start it.'''
...     return manufacturing_order(order)

>>> @handler("execution.operation.started", version=1, data=OperationStarted)
... def start_operation(message, started):
...     '''Start the work order.'''
...     ...
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_WATCHED = "_integration_watched_fields"
EVENTS = {}
# {(name, version): {function: declaration}}: several modules may take one event.
HANDLERS = defaultdict(dict)


@dataclass(frozen=True)
class Becomes:
    """A transition to watch: a stored field takes one of the named values.

    :ivar model: where; ``None`` is the model that the event is about.
    :ivar values: ``{field: tuple of values}``; ``ANY`` for any change.
    :ivar via: field path from the watched record to the records that the event is about.
    """

    model: str | None
    values: dict
    via: str = ""

    def took_place(self, before, after):
        """Whether going from ``before`` to ``after`` (dicts of column values) is the transition."""
        return any(
            after.get(name) != before.get(name) and (wanted is ANY or after.get(name) in wanted)
            for name, wanted in self.values.items()
            if name in after
        )


class _Any:
    def __repr__(self):
        return "ANY"


ANY = _Any()


def becomes(model=None, via="", **values):
    """Fires when a field takes a value: ``becomes(state="done")``.

    :param model: where, when it is another model than the event is about; :param via: leads there.

    A tuple names several values. ``ANY`` stands for every change.
    """
    listed = {k: v if v is ANY or isinstance(v, tuple) else (v,) for k, v in values.items()}
    return Becomes(model, listed, via)


@dataclass(frozen=True)
class EventDeclaration:
    """An event that leaves Odoo. Built by :func:`event`."""

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
    direction: str = "outbound"

    @property
    def summary(self):
        return summary_of(self.build)


@dataclass(frozen=True)
class HandlerDeclaration:
    """An event that comes in, and the code that applies it. Built by :func:`handler`."""

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
    direction: str = "inbound"
    model: str | None = None
    triggers: tuple = field(default=())

    @property
    def summary(self):
        return summary_of(self.apply)


def summary_of(function):
    """The first line of a docstring: what the catalog shows."""
    return (function.__doc__ or "").strip().partition("\n")[0].strip()


def _module(function):
    return function.__module__.split(".")[2]


def event(name, version, data, on, when, key="reference", only_if=None, **options):
    """Declare an outbound event; the function builds its data from one record.

    :param data: the canonical model that the function returns.
    :param on: the model that the event is about.
    :param when: one :func:`becomes`, or a list of them.
    :param key: dotted path in the data to the business key: events with one key keep their order.
    :param only_if: asked with the record as committed; false drops the event.
    """

    def declare(build):
        triggers = tuple(when) if isinstance(when, (list, tuple)) else (when,)
        declaration = EventDeclaration(
            name, version, data, build, on, triggers, _module(build), key, only_if, **options
        )
        EVENTS[name, version] = declaration
        return build

    return declare


def handler(name, version, data, **options):
    """Declare an inbound event; the function applies it and returns the records that it touched.

    Where several take one event, each is applied, in the order of their modules, in one transaction.
    It may raise the errors of :mod:`odoo.addons.integration_core.errors`.
    """

    def declare(apply):
        declaration = HandlerDeclaration(name, version, data, apply, _module(apply), **options)
        HANDLERS[name, version][f"{apply.__module__}.{apply.__qualname__}"] = declaration
        return apply

    return declare


def declared(pool):
    """The declarations of the modules that are installed in a database.

    :param pool: its registry. Code of a module may be loaded for another database of the process.
    """
    handlers = (d for found in HANDLERS.values() for d in found.values())
    return [d for d in (*EVENTS.values(), *handlers) if d.module in pool._init_modules]


def handlers_for(pool, name, version):
    """The handlers of one event type and version in this database, in the order of their modules."""
    found = HANDLERS.get((name, version))
    return [d for d in found.values() if d.module in pool._init_modules] if found else []


def watched(pool):
    """``{model: {field: [(trigger, declaration), …]}}`` of the installed modules; kept with the registry."""
    result: Any = getattr(pool, _WATCHED, None)
    if result is None:
        fields: Any = defaultdict(lambda: defaultdict(list))
        for declaration in declared(pool):
            for trigger in declaration.triggers:
                for name in trigger.values:
                    fields[trigger.model or declaration.model][name].append((trigger, declaration))
        result = {model: dict(found) for model, found in fields.items()}
        setattr(pool, _WATCHED, result)
    return result
