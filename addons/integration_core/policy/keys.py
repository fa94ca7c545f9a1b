"""Keys that fit an index: a business key of any length, as rows are looked up by it.

PostgreSQL refuses an index entry of more than 2,704 bytes, and with it the whole statement. A longer key is its
beginning and its digest: still readable, and still another one than its neighbour's.
"""

import hashlib

# Bytes, as UTF-8.
LONGEST = 1000
_BEGINNING = 200

# The same in SQL; ``{key}`` is an expression.
SQL = (
    f"CASE WHEN octet_length({{key}}) <= {LONGEST} THEN {{key}}"
    f" ELSE left({{key}}, {_BEGINNING}) || '…' || encode(sha256(convert_to({{key}}, 'UTF8')), 'hex') END"
)


def bounded(key):
    """``key`` itself, or what stands for it where it is too long. ``None`` stays ``None``."""
    if key is None or len(key) * 4 <= LONGEST:
        return key
    raw = key.encode("utf-8", "replace")
    if len(raw) <= LONGEST:
        return key
    return f"{key[:_BEGINNING]}…{hashlib.sha256(raw).hexdigest()}"
