"""A rate limit that all processes share: the token bucket of one row.

Its table has ``tokens`` and ``tokens_at``, and one row for each owner.
"""

from ..policy.bucket import Bucket

_LOCK = """
    SELECT tokens, extract(epoch FROM tokens_at)::float, extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC')::float
      FROM {table}
     WHERE {owner} = %s
       FOR NO KEY UPDATE
"""
_WRITE = """
    INSERT INTO {table} AS item ({owner}, tokens, tokens_at)
         SELECT new.owner, new.tokens, to_timestamp(new.at) AT TIME ZONE 'UTC'
           FROM unnest(%s::int[], %s::float[], %s::float[]) AS new (owner, tokens, at)
    ON CONFLICT ({owner}) DO UPDATE SET tokens = EXCLUDED.tokens, tokens_at = EXCLUDED.tokens_at
"""
_NOW = "SELECT extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC')::float"


class RateLimiter:
    """The statements of one table of buckets. :param owner: its column with a unique index."""

    def __init__(self, table, owner):
        self.LOCK = _LOCK.format(table=table, owner=owner)
        self.WRITE = _WRITE.format(table=table, owner=owner)

    def lock(self, cr, owner_id, rate, burst):
        """The bucket of one owner as it is now, locked until the end of the transaction."""
        cr.execute(self.LOCK, [owner_id])
        row = cr.fetchone()
        if row:
            return Bucket(row[0] or 0.0, row[1]).filled(rate, burst, row[2])
        cr.execute(_NOW)
        return Bucket().filled(rate, burst, cr.fetchone()[0])

    def save(self, cr, buckets):
        """:param buckets: ``{owner id: Bucket}``."""
        rows = [(id_, bucket.tokens, bucket.at) for id_, bucket in sorted(buckets.items())]
        cr.execute(self.WRITE, [list(column) for column in zip(*rows, strict=True)])
