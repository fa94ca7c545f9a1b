from datetime import datetime, timezone
from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer

# RFC 3339 in UTC, with Z.
UtcDatetime = Annotated[
    AwareDatetime,
    PlainSerializer(
        lambda when: when.astimezone(timezone.utc).isoformat().replace("+00:00", "Z"), return_type=str
    ),
]


def utc(value):
    """Odoo's naive UTC datetime as an aware one; ``None`` for an empty field."""
    return value.replace(tzinfo=timezone.utc) if isinstance(value, datetime) else None
