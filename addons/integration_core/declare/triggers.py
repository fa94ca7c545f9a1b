"""Triggers: what has to happen to a record in a transaction so that an event is emitted.

Each compares two dicts of column values in normal form (:mod:`.normal_form`): ``before``, as the transaction
found the record, and ``after``, as it leaves it. What happens in between does not count.
"""

from dataclasses import dataclass
from types import MappingProxyType

from .normal_form import EMPTY

# Stand among the fields of a model for what happens to the record as a whole.
CREATED, DELETED = "(created)", "(deleted)"
# ``before`` of a record that the transaction created.
NEW = MappingProxyType({})


class _Any:
    def __repr__(self):
        return "ANY"


ANY = _Any()


@dataclass(frozen=True)
class Becomes:
    """A stored field takes one of the named values.

    :ivar model: the watched model; ``None`` is the one that the event is about.
    :ivar values: ``{field: tuple of values}``; ``ANY`` for any change.
    :ivar via: field path from the watched record to the records that the event is about.
    """

    model: str | None
    values: dict
    via: str = ""

    @property
    def fields(self):
        return tuple(self.values)

    def took_place(self, before, after):
        """Whether going from ``before`` to ``after`` (dicts of column values) is the transition."""
        return any(
            after.get(name) != before.get(name) and (wanted is ANY or after.get(name) in wanted)
            for name, wanted in self.values.items()
            if name in after
        )


@dataclass(frozen=True)
class Changed:
    """One of these stored fields has another value than before; of a record that existed before."""

    model: str | None
    fields: tuple
    via: str = ""

    def took_place(self, before, after):
        return before is not NEW and any(
            name in after and after[name] != before.get(name) for name in self.fields
        )


@dataclass(frozen=True)
class Created:
    """A record is there that was not."""

    model: str | None
    via: str = ""
    fields: tuple = (CREATED,)

    def took_place(self, _before, after):
        return CREATED in after


@dataclass(frozen=True)
class Deleted:
    """A record that was there is gone. Data about itself is built before it goes."""

    model: str | None
    via: str = ""
    fields: tuple = (DELETED,)

    def took_place(self, before, after):
        return before is not NEW and DELETED in after


def becomes(model=None, via="", **values):
    """Fires when a field takes a value: ``becomes(state="done")``.

    :param model: where, when it is another model than the event is about; :param via: leads there.

    A tuple names several values. ``ANY`` stands for every change, a first value included.
    """
    listed = {
        name: wanted
        if wanted is ANY
        else tuple(value or EMPTY for value in (wanted if isinstance(wanted, tuple) else (wanted,)))
        for name, wanted in values.items()
    }
    return Becomes(model, listed, via)


def changed(*fields, model=None, via=""):
    """Fires when one of the fields of an existing record changes: ``changed("date_start", "date_finished")``."""
    return Changed(model, fields, via)


def created(model=None, via=""):
    """Fires when a record is created, and still there when the transaction ends."""
    return Created(model, via)


def deleted(model=None, via=""):
    """Fires when a record is deleted that the transaction did not create itself."""
    return Deleted(model, via)
