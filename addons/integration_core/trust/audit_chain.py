"""The chain of the audit trail. Plain Python: whoever has an export can verify it with this file alone.

Each entry carries the SHA-256 of its own fields, among them the hash of the entry before. Written as JSON
with sorted names and no blanks, an entry has one way to be written down.
"""

import hashlib
import json

FIELDS = (
    "at",
    "user_id",
    "company_id",
    "action",
    "res_model",
    "res_id",
    "summary",
    "details",
    "previous_hash",
)


def hash_of(entry):
    """:param entry: a mapping with :data:`FIELDS`. :return: 64 hexadecimal digits."""
    fields = {name: entry[name] for name in FIELDS}
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken(entries, head=None):
    """Where the chain does not hold.

    :param entries: all, in order: mappings with ``id``, :data:`FIELDS` and ``hash``.
    :param head: ``(count, hash)`` as it was noted apart from the entries: the last ones may be missing.
    :return: ``(id, why)`` of the first entry that does not fit, ``(None, why)`` when the end is missing, or
        ``None`` where all fit.
    """
    previous, count = "", 0
    for entry in entries:
        if entry["previous_hash"] != previous:
            return entry["id"], "what stood before it was removed, or put in"
        if hash_of(entry) != entry["hash"]:
            return entry["id"], "it was changed"
        previous = entry["hash"]
        count += 1
    if head is not None and head != (count, previous):
        return None, f"{head[0]} entries were written, {count} are left: the newest were removed"
    return None


def line(entry):
    """An entry as a line of an export (JSON Lines)."""
    return json.dumps({name: entry[name] for name in ("id", *FIELDS, "hash")}, ensure_ascii=False)


def entry_of(text):
    """The entry in a line of an export."""
    return json.loads(text)
