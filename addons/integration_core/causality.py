"""What caused what, for the length of one transaction.

Whoever starts a transaction on behalf of a message notes its ids here; whoever emits reads them.
"""

from dataclasses import dataclass, fields

_KEY = "integration_core.causality"
_ENDS = "integration_core.causality.ends"
_MIRRORED = "integration_core.causality.mirrored"


@dataclass(frozen=True)
class Cause:
    """What an event goes back to. What a record leaves empty (false, to the ORM) is ``None`` here.

    :ivar correlation_id: shared by everything that goes back to one origin.
    :ivar causation_id: the id of what directly caused what follows.
    :ivar traceparent: W3C Trace Context of the caller.
    :ivar origin_id: the system (its database id) that the cause came from.
    """

    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    origin_id: int | None = None

    def __post_init__(self):
        for field in fields(self):
            object.__setattr__(self, field.name, getattr(self, field.name) or None)


def current(cr):
    return cr.cache.get(_KEY) or Cause()


def begin(cr, cause):
    """Everything emitted in this transaction stems from ``cause``; forgotten at its end."""
    is_first = _KEY not in cr.cache
    cr.cache[_KEY] = cause
    cr.cache.pop(_MIRRORED, None)
    if not is_first:
        return

    def forget():
        for key in (_KEY, _ENDS, _MIRRORED):
            cr.cache.pop(key, None)

    cr.postcommit.add(forget)
    cr.postrollback.add(forget)


def mirrored(cr, names, records):
    """Events of these names about these records only repeat what the current cause said itself.

    :param names: of outbound event types. :param records: recordsets, of any models.
    """
    if names:
        told = cr.cache.setdefault(_MIRRORED, {})
        for name in names:
            told.setdefault(name, set()).update(
                (batch._name, res_id) for batch in records for res_id in batch.ids
            )


def is_echo(cr, name, model, res_id):
    """Whether such an event tells the origin of the current cause what it said itself."""
    return (model, res_id) in cr.cache.get(_MIRRORED, {}).get(name, ())


def at_end(cr, function):
    """Call ``function`` when the current cause ends before its transaction does (:func:`end`)."""
    if _KEY in cr.cache:
        cr.cache.setdefault(_ENDS, []).append(function)


def is_awaited(cr):
    """Whether something has to be finished when the current cause ends."""
    return bool(cr.cache.get(_ENDS))


def end(cr):
    """The current cause ends, and the transaction goes on with another: one that several messages share.

    What stems from it is finished now, so that it is told apart from what stems from the next.
    """
    for function in cr.cache.pop(_ENDS, ()):
        function()
