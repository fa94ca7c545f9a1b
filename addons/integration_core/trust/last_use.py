"""When a credential was last used: noted at most once a minute by each process, past the ORM.

Writing a credential through the ORM makes every process read its settings anew.
"""

import time

EVERY_S = 60

# Whoever changes it now is not waited for: it is in use, and the next minute says so.
NOTE = """
    UPDATE integration_credential
       SET last_used_at = clock_timestamp() AT TIME ZONE 'UTC'
     WHERE id IN (SELECT id FROM integration_credential WHERE id = ANY (%s) FOR NO KEY UPDATE SKIP LOCKED)
"""

_noted_at = {}  # {(database, credential id): time.monotonic()}


def note(cr, ids):
    """These credentials were just used. :param cr: a cursor of the engine's own."""
    now = time.monotonic()
    stale = [id_ for id_ in ids if now - _noted_at.get((cr.dbname, id_), -EVERY_S) >= EVERY_S]
    if stale:
        _noted_at.update({(cr.dbname, id_): now for id_ in stale})
        cr.execute(NOTE, [stale])


def forget():
    """For tests: note at once."""
    _noted_at.clear()
