"""The declarations that hold in one database: those of its installed modules."""

from collections import defaultdict
from typing import Any, NamedTuple

from .events import EVENTS, RIVALS
from .handlers import HANDLERS

_WATCHED = "_integration_watched_fields"
_RANKS = "_integration_event_ranks"


class Rank(NamedTuple):
    """The place of an event type among those of one transaction.

    :ivar depth: how many wholes the object is a part of: an order 0, its operations 1.
    :ivar model: place of the model among those that are declared of.
    :ivar position: in the order of declaration.
    :ivar is_newest: no newer version of the event is live.
    """

    depth: int
    model: int
    position: int
    is_newest: bool


def declared(pool):
    """The declarations of the modules that are installed in a database.

    :param pool: its registry. Code of a module may be loaded for another database of the process.
    """
    handlers = (d for found in HANDLERS.values() for d in found.values())
    return [d for d in (*_all_events(), *handlers) if d.module in pool._init_modules]


def _all_events():
    for key, declaration in list(EVENTS.items()):
        yield declaration
        yield from RIVALS.get(key, ())


def event_for(pool, name, version):
    """The declaration of an outbound event in this database, or ``None``."""
    key = name, version
    for declaration in (EVENTS.get(key), *RIVALS.get(key, ())):
        if declaration is not None and declaration.module in pool._init_modules:
            return declaration
    return None


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
                for name in trigger.fields:
                    fields[trigger.model or declaration.model][name].append((trigger, declaration))
        result = {model: dict(found) for model, found in fields.items()}
        setattr(pool, _WATCHED, result)
    return result


def rank(pool, declaration):
    """:return: the :class:`Rank` of an outbound event in this database."""
    ranks: Any = getattr(pool, _RANKS, None)
    if ranks is None:
        ranks = _ranks([d for d in declared(pool) if d.direction == "outbound"])
        setattr(pool, _RANKS, ranks)
    return ranks.get((declaration.name, declaration.version)) or Rank(0, len(ranks), len(ranks), True)


def _ranks(events):
    wholes = {d.model: d.part_of for d in events if d.part_of}
    newest: Any = defaultdict(int)
    for declaration in events:
        newest[declaration.name] = max(newest[declaration.name], declaration.version)
    models: Any = {}
    for position, declaration in enumerate(events):
        models.setdefault(declaration.model, position)
    return {
        (d.name, d.version): Rank(
            _depth(d.model, wholes), models[d.model], position, d.version == newest[d.name]
        )
        for position, d in enumerate(events)
    }


def _depth(model, wholes):
    seen = set()
    while model in wholes and model not in seen:
        seen.add(model)
        model = wholes[model]
    return len(seen)


def forget(pool):
    """What was worked out of the declarations is worked out anew: they have changed."""
    for kept in (_WATCHED, _RANKS):
        if hasattr(pool, kept):
            delattr(pool, kept)
