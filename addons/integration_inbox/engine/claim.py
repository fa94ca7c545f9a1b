"""Which messages a worker takes on, and what becomes of those whose worker died."""

# How long a worker may keep a message that it has not begun, in seconds. One that it has begun is locked
# until its transaction ends, however long that takes.
LEASE_S = 60
# A message during which so many workers died is not tried again by itself.
MOST_CRASHES = 5

# Every endpoint's longest waiting first, and round robin: one that floods us costs the others nothing.
# index: integration_message_due_idx
CLAIM = """
    WITH due AS (
        SELECT message.id, message.endpoint_id, message.next_attempt_at
          FROM integration_endpoint AS endpoint
    CROSS JOIN LATERAL (
               SELECT id, endpoint_id, next_attempt_at
                 FROM integration_message
                WHERE endpoint_id = endpoint.id
                  AND state IN ('received', 'waiting', 'retrying')
                  AND next_attempt_at <= clock_timestamp() AT TIME ZONE 'UTC'
                ORDER BY next_attempt_at, id
                LIMIT %(many)s
                  FOR UPDATE SKIP LOCKED
               ) AS message
    ), chosen AS (
        SELECT id
          FROM due
         ORDER BY row_number() OVER (PARTITION BY endpoint_id ORDER BY next_attempt_at, id)
         LIMIT %(many)s
    )
    UPDATE integration_message
       SET state = 'processing', attempt_count = attempt_count + 1, leased_by = %(worker)s,
           lease_until = clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %(lease_s)s)
     WHERE id IN (SELECT id FROM chosen)
 RETURNING id, attempt_count
"""
# What is being applied is locked, and is not taken from its worker.
# index: integration_message_lease_idx
RECLAIM = """
    UPDATE integration_message
       SET crash_count = coalesce(crash_count, 0) + 1, leased_by = NULL, lease_until = NULL,
           state = CASE WHEN coalesce(crash_count, 0) + 1 >= %(most)s THEN 'dead' ELSE 'retrying' END,
           next_attempt_at = CASE WHEN coalesce(crash_count, 0) + 1 >= %(most)s THEN NULL
                                  ELSE clock_timestamp() AT TIME ZONE 'UTC' END,
           reason = CASE WHEN coalesce(crash_count, 0) + 1 >= %(most)s
                         THEN 'The worker stopped ' || (coalesce(crash_count, 0) + 1) || ' times while applying it; nothing was changed'
                         ELSE 'The worker stopped while applying it; nothing was changed' END
     WHERE id IN (SELECT id
                    FROM integration_message
                   WHERE state = 'processing' AND lease_until < clock_timestamp() AT TIME ZONE 'UTC'
                     FOR UPDATE SKIP LOCKED)
 RETURNING id, state, reason
"""
# What was claimed and will not be begun goes back as it was.
PUT_BACK = """
    UPDATE integration_message
       SET state = 'received', attempt_count = attempt_count - 1, leased_by = NULL, lease_until = NULL
     WHERE id = ANY (%(ids)s) AND state = 'processing' AND leased_by = %(worker)s
"""
# index: integration_message_due_idx
NEXT_DUE = """
    SELECT extract(epoch FROM min(first.next_attempt_at) - clock_timestamp() AT TIME ZONE 'UTC')
      FROM integration_endpoint AS endpoint
CROSS JOIN LATERAL (
           SELECT next_attempt_at
             FROM integration_message
            WHERE endpoint_id = endpoint.id AND state IN ('received', 'waiting', 'retrying')
            ORDER BY next_attempt_at
            LIMIT 1
           ) AS first
"""


def claim(cr, worker, many):
    """Take on up to ``many`` messages. :return: ``[(id, how often it was taken on), …]``, the oldest first."""
    cr.execute(CLAIM, {"worker": worker, "lease_s": LEASE_S, "many": many})
    return sorted(cr.fetchall())


def reclaim(cr):
    """Take back what workers that died had taken on. :return: ``[(id, state, reason), …]``."""
    cr.execute(RECLAIM, {"most": MOST_CRASHES})
    return cr.fetchall()


def put_back(cr, worker, ids):
    cr.execute(PUT_BACK, {"ids": list(ids), "worker": worker})


def seconds_to_next(cr):
    cr.execute(NEXT_DUE)
    seconds = cr.fetchone()[0]
    return None if seconds is None else float(seconds)
