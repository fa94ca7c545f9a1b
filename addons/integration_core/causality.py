"""What caused what, for the length of one transaction.

Whoever starts a transaction on behalf of a message notes its ids here; whoever emits reads them.
"""

from dataclasses import dataclass

_KEY = "integration_core.causality"
_ENDS = "integration_core.causality.ends"


@dataclass(frozen=True)
class Cause:
    """:ivar correlation_id: shared by everything that goes back to one origin.
    :ivar causation_id: the id of what directly caused what follows.
    :ivar traceparent: W3C Trace Context of the caller.
    :ivar origin_id: the system (its database id) that the cause came from: it knows already.
    """

    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    origin_id: int | None = None


def current(cr):
    return cr.cache.get(_KEY) or Cause()


def begin(cr, cause):
    """Everything emitted in this transaction stems from ``cause``; forgotten at its end."""
    is_first = _KEY not in cr.cache
    cr.cache[_KEY] = cause
    if not is_first:
        return

    def forget():
        cr.cache.pop(_KEY, None)
        cr.cache.pop(_ENDS, None)

    cr.postcommit.add(forget)
    cr.postrollback.add(forget)


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
