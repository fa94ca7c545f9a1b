"""Up to which event the order is settled.

Ids are drawn before a transaction commits, so a smaller id may become visible after a larger one.
Whoever emits first takes a shared advisory lock that carries the last id drawn at that moment: what it
will insert is larger. While the lock is held, nothing above that id is in its final order. Unlike a
comparison with ``pg_snapshot_xmin``, a long transaction that emits nothing holds nobody up.
"""

# Classes of our two-part advisory locks (PostgreSQL, section 13.3.5); any numbers nobody else uses.
EMITTING = 0x0DD0_0B01
DISPATCHING = 0x0DD0_0B02

# Runs before the events' INSERT, in the same round trip. The lock ends after the commit is visible
# (CommitTransaction: ProcArrayEndTransaction comes before the locks are released).
ENTER = f"SELECT pg_advisory_xact_lock_shared({EMITTING}, last_value::int) FROM integration_event_id_seq"  # noqa: S608

# Only one transaction at a time lines events up; the others go on delivering meanwhile.
LOCK_DISPATCH = f"""
    SELECT pg_try_advisory_xact_lock({DISPATCHING}, 0), last_value::int
      FROM integration_event_id_seq
"""  # noqa: S608, constants
# After LOCK_DISPATCH, never in one statement: who enters after this draws ids above that ``last_value``.
OLDEST_EMITTING = f"""
    SELECT min(objid::bigint)
      FROM pg_locks
     WHERE locktype = 'advisory' AND classid = {EMITTING} AND objsubid = 2
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608, constants


def lock_dispatch(cr):
    """Become the one who dispatches, until the end of the transaction.

    :return: the id up to which every event is visible or never will be; ``None`` when another
        transaction has it.
    """
    cr.execute(LOCK_DISPATCH)
    is_ours, drawn = cr.fetchone()
    if not is_ours:
        return None
    cr.execute(OLDEST_EMITTING)
    oldest = cr.fetchone()[0]
    return drawn if oldest is None else min(drawn, oldest)
