"""How a business record stands with one system: of all that was exchanged, what an operator has to know."""

from collections import namedtuple

FAILED, RETRYING, OVERDUE, UNDERWAY, DONE = range(5)
# A delivery or message that waits longer than this is not in sync any more, in seconds.
OVERDUE_S = 300

# One side of an exchange. ``part``: (model, id) of the record that it is about; ``at``: what its text counts
# from or to; ``target``: (model, id) of what to open.
Standing = namedtuple("Standing", "part system_id rank at text target")


def worst(standings):
    """``{system id: Standing}``: the worst of each system; of equals, the latest."""
    found = {}
    for one in standings:
        other = found.get(one.system_id)
        if other is None or (one.rank, other.at) < (other.rank, one.at):
            found[one.system_id] = one
    return found


def state_of(standings):
    """``failed``, ``waiting``, ``ok``, or ``None`` where nothing was exchanged."""
    rank = min((one.rank for one in standings), default=None)
    if rank is None:
        return None
    return {FAILED: "failed", RETRYING: "waiting", OVERDUE: "waiting"}.get(rank, "ok")
