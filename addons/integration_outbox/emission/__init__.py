"""The emission of events: what one transaction changes is recorded, and built and inserted right before it commits.

draft        an event that is about to be a row, and how its data is built
transaction  what was changed, what of it is an event, and in which order events are told
rows         the statements that write events
"""

from .draft import Draft, build_one, event_id
from .transaction import (
    OPT_OUT,
    forget,
    is_silent,
    note,
    note_created,
    note_deleted,
    note_written,
    silence,
    touched,
    values_needed,
)
