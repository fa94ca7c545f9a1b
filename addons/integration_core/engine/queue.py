"""A leased queue: a table whose rows wait to be worked on, and the statements that move them.

waiting    due at ``next_attempt_at``; any worker may claim it
leased     one worker has it until ``lease_until``; it is worked on outside of any transaction
settled    what became of it is written down by whoever holds the lease, and by nobody else

``claim``    waiting → leased, a batch in one statement (``FOR UPDATE SKIP LOCKED``, READ COMMITTED)
``put_back`` leased → waiting, as if it had never been claimed: the work was not begun
``release``  leased → waiting: the worker lost sight of it, and does not know what became of it
``reclaim``  leased → waiting: the lease ran out, for its worker died. That counts: a row during which so
             many workers died is not tried again by itself

A row belongs to an *owner* (a subscription, an endpoint): the claim takes a share of each, so that one whose
rows flood the table, or whose partner is slow, costs the others nothing. Owners that are paused or suspended are
not among those that the claim asks for; their rows stay as they are, however many there are.
"""

import os
import socket
import threading

# During the work on one row so many workers may die; the next one does not get it.
MAX_CRASHES = 5
# Rows that are reclaimed in one statement.
RECLAIM_BATCH = 500

_CLAIM = """
    WITH room AS (
        {rooms}
    ), due AS (
        SELECT picked.id, room.lease_s{rank}
          FROM room
    CROSS JOIN LATERAL (
               SELECT id, next_attempt_at
                 FROM {table}
                WHERE {owner} = room.owner_id
                  AND state IN ({waiting}) {and_ready}
                  AND next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC'
                                         + make_interval(secs => room.ahead_s)
                ORDER BY next_attempt_at, id
                LIMIT room.free
                  FOR NO KEY UPDATE SKIP LOCKED
               ) AS picked
    )
    UPDATE {table} AS item
       SET state = '{leased}',
           attempt_count = attempt_count + 1,
           leased_by = %(worker)s,
           lease_until = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => due.lease_s)
      FROM {chosen}{more_from}
     WHERE item.id = due.id{more_where}
 RETURNING {returning}
"""
# The longest waiting of each owner first, round robin.
_RANK = ", row_number() OVER (PARTITION BY room.owner_id ORDER BY picked.next_attempt_at, picked.id) AS rank"
_CHOSEN = "(SELECT id, lease_s FROM due ORDER BY rank, id LIMIT %(most)s) AS due"

_CLAIM_IDS = """
    WITH due AS (
        SELECT wanted.id, wanted.lease_s
          FROM unnest(%(ids)s::int[], %(leases)s::float[]) AS wanted (id, lease_s)
          JOIN {table} AS waiting ON waiting.id = wanted.id
         WHERE waiting.state IN ({waiting})
           FOR NO KEY UPDATE OF waiting SKIP LOCKED
    )
    UPDATE {table} AS item
       SET state = '{leased}',
           attempt_count = attempt_count + 1,
           leased_by = %(worker)s,
           lease_until = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => due.lease_s)
      FROM due{more_from}
     WHERE item.id = due.id{more_where}
 RETURNING {returning}
"""
_RECLAIM = """
    WITH lost AS (
        SELECT id, leased_by, coalesce(crash_count, 0) + 1 AS crashes
          FROM {table}
         WHERE state = '{leased}' AND lease_until < clock_timestamp() AT TIME ZONE 'UTC'
         LIMIT {batch}
           FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE {table} AS item
       SET crash_count = lost.crashes,
           state = CASE WHEN lost.crashes >= %(most)s THEN 'dead' ELSE 'retrying' END,
           next_attempt_at = CASE WHEN lost.crashes < %(most)s THEN clock_timestamp() AT TIME ZONE 'UTC' END,
           reason = CASE WHEN lost.crashes < %(most)s THEN %(reason)s ELSE format(%(last_reason)s, lost.crashes) END,
           lease_until = NULL,
           leased_by = NULL{on_dead}
      FROM lost
     WHERE item.id = lost.id
 RETURNING item.id, item.state, item.attempt_count, item.reason, lost.leased_by
"""
_PUT_BACK = """
    UPDATE {table}
       SET state = {returns_to}, attempt_count = attempt_count - 1, lease_until = NULL, leased_by = NULL
     WHERE id = ANY (%(ids)s) AND state = '{leased}' AND leased_by = %(worker)s
"""
_RELEASE = """
    UPDATE {table}
       SET state = {returns_to}, next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC',
           reason = %(reason)s, lease_until = NULL, leased_by = NULL
     WHERE state = '{leased}' AND leased_by = %(worker)s AND id != ALL (%(held)s)
"""
_HOLD = """
    SELECT id, attempt_count, extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - {since})::float
      FROM {table}
     WHERE id = ANY (%(ids)s) AND state = '{leased}' AND leased_by = %(worker)s
     ORDER BY id
       FOR UPDATE
"""
_NEXT_DUE = """
      WITH room AS (
           {rooms}
           )
    SELECT extract(epoch FROM min(first.next_attempt_at) - clock_timestamp() AT TIME ZONE 'UTC')::float
      FROM room
CROSS JOIN LATERAL (
           SELECT next_attempt_at
             FROM {table}
            WHERE {owner} = room.owner_id AND state IN ({waiting}) {and_ready}
            ORDER BY next_attempt_at
            LIMIT 1
           ) AS first
"""

STOPPED = "The worker stopped while it had this in hand"
STOPPED_TOO_OFTEN = "The worker stopped %s times while it had this in hand"
INTERRUPTED = "The worker was interrupted"


def worker_id():
    """The name that leases are held under: host, process and thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident() % 100000}"


class LeasedQueue:
    """The statements of one queue.

    Its table has ``state``, ``next_attempt_at``, ``attempt_count``, ``crash_count``, ``reason``, ``lease_until`` and
    ``leased_by``; a partial index on (owner, ``next_attempt_at``, id) of what waits serves the claim, and
    one of what is leased the reclaim.

    :param rooms: SQL that gives ``owner_id, free, lease_s, ahead_s``: whose rows may be claimed, how many, for how
        long in seconds, and how long before they are due. Its parameters are the claim's.
    :param waiting: states that are claimed; ``retrying`` is what a reclaimed row becomes.
    :param leased: the state of what a worker has in hand.
    :param returns_to: SQL for the state of a row that is given back.
    :param since: the column that says how long ago the row came.
    :param ready: SQL condition on a row, besides its state and time.
    :param is_fair: whether a claim takes ``most`` rows of all owners together, the longest waiting of each first.
    :param returning: SQL of what a claim returns of ``item``; :param more_from: :param more_where: joins for it.
    :param on_dead: SQL assignments for a row that a reclaim gives up.
    """

    def __init__(
        self,
        table,
        owner,
        *,
        rooms,
        waiting,
        leased,
        returns_to,
        since,
        ready="",
        is_fair=False,
        returning="item.id, item.attempt_count",
        more_from="",
        more_where="",
        on_dead="",
    ):
        self.table, self.leased = table, leased
        names = {
            "table": table,
            "owner": owner,
            "rooms": rooms.strip(),
            "waiting": ", ".join(f"'{state}'" for state in waiting),
            "leased": leased,
            "returns_to": returns_to,
            "since": since,
            "and_ready": f"AND {ready}" if ready else "",
            "rank": _RANK if is_fair else "",
            "chosen": _CHOSEN if is_fair else "due",
            "returning": returning,
            "more_from": f", {more_from}" if more_from else "",
            "more_where": f" AND {more_where}" if more_where else "",
            "on_dead": f",\n           {on_dead}" if on_dead else "",
            "batch": RECLAIM_BATCH,
        }
        self.CLAIM = _CLAIM.format(**names)
        self.CLAIM_IDS = _CLAIM_IDS.format(**names)
        self.RECLAIM = _RECLAIM.format(**names)
        self.PUT_BACK = _PUT_BACK.format(**names)
        self.RELEASE = _RELEASE.format(**names)
        self.HOLD = _HOLD.format(**names)
        self.NEXT_DUE = _NEXT_DUE.format(**names)

    def claim(self, cr, worker, **parameters):
        """Lease what is due to ``worker``. :return: the rows that ``returning`` names, in no order."""
        cr.execute(self.CLAIM, {"worker": worker, **parameters})
        return cr.fetchall()

    def claim_ids(self, cr, worker, wanted):
        """Lease these rows, where they still wait. :param wanted: ``[(id, lease in seconds), …]``."""
        ids, leases = [id_ for id_, _lease_s in wanted], [lease_s for _id, lease_s in wanted]
        cr.execute(self.CLAIM_IDS, {"worker": worker, "ids": ids, "leases": leases})
        return cr.fetchall()

    def reclaim(self, cr):
        """Take back what workers that died had leased.

        :return: ``[(id, new state, attempts, reason, worker), …]``.
        """
        reasons = {"reason": STOPPED, "last_reason": STOPPED_TOO_OFTEN}
        cr.execute(self.RECLAIM, {"most": MAX_CRASHES, **reasons})
        return cr.fetchall()

    def put_back(self, cr, worker, ids):
        """Give back what was claimed and not begun."""
        cr.execute(self.PUT_BACK, {"worker": worker, "ids": list(ids)})

    def release(self, cr, worker, held):
        """Give back what ``worker`` has leased and does not know of. :param held: ids that it knows of."""
        cr.execute(self.RELEASE, {"worker": worker, "held": list(held), "reason": INTERRUPTED})

    def hold(self, cr, worker, ids):
        """Lock what ``worker`` still has leased, until the end of the transaction.

        :return: ``{id: (attempts, age in seconds)}``.
        """
        cr.execute(self.HOLD, {"worker": worker, "ids": list(ids)})
        return {id_: (attempts, age_s) for id_, attempts, age_s in cr.fetchall()}

    def seconds_to_next(self, cr, **parameters):
        """How long until a row of these owners is due; ``None`` when nothing waits."""
        cr.execute(self.NEXT_DUE, parameters)
        return cr.fetchone()[0]
