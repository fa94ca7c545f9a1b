"""SQL of the transitions of a message, and of its history."""

import json

from odoo.addons.integration_core.errors import CODE_MODEL
from odoo.addons.integration_core.policy.keys import bounded

from .. import unmapped

MARK_PROCESSED = """
    UPDATE integration_message
       SET state = 'processed', reason = NULL, processed_at = clock_timestamp() AT TIME ZONE 'UTC',
           next_attempt_at = NULL, lease_until = NULL, leased_by = NULL,
           missing_model = NULL, missing_key = NULL
     WHERE id = ANY (%s)
"""
INSERT_RECORDS = """
    INSERT INTO integration_message_record (message_id, res_model, res_id)
         SELECT touched.message_id, touched.model, touched.id
           FROM json_to_recordset(%s) AS touched (message_id int, model varchar, id int)
"""
# index: integration_message_order_idx
WAKE_SUCCESSORS = """
    UPDATE integration_message
       SET next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
     WHERE endpoint_id = %s AND partition_key = ANY (%s) AND sequence IS NOT NULL AND state = 'waiting'
"""
SETTLE = """
    UPDATE integration_message
       SET state = %(state)s, reason = %(reason)s, lease_until = NULL, leased_by = NULL,
           attempt_count = attempt_count - %(uncounted)s,
           missing_model = %(model)s, missing_key = %(key)s, difference = %(difference)s::jsonb,
           next_attempt_at = CASE WHEN %(delay_s)s IS NULL THEN NULL
               ELSE clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %(delay_s)s) END
     WHERE id = %(id)s AND state = 'processing' AND leased_by = %(worker)s
 RETURNING endpoint_id, partition_key, sequence
"""
# One line of history for each thing that happened more than once in a row.
# index: integration_message_note__message_id_index
NOTE = """
    WITH latest AS (
        SELECT id, state, reason
          FROM integration_message_note
         WHERE message_id = %(message_id)s
         ORDER BY id DESC
         LIMIT 1
    ), repeated AS (
        UPDATE integration_message_note AS note
           SET times = note.times + 1, last_at = clock_timestamp() AT TIME ZONE 'UTC'
          FROM latest
         WHERE note.id = latest.id AND %(user_id)s::int IS NULL AND latest.state = %(state)s
           AND latest.reason IS NOT DISTINCT FROM %(reason)s
     RETURNING note.id
    )
    INSERT INTO integration_message_note (message_id, at, last_at, times, state, reason, user_id)
         SELECT %(message_id)s, clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC', 1,
                %(state)s, %(reason)s, %(user_id)s
          WHERE NOT EXISTS (SELECT FROM repeated)
"""


def mark_processed(cr, applied):
    """In the transaction of the effect: both are there, or neither.

    :param applied: what has ``message``, the ``records`` touched, and ``notes`` for the history.
    """
    rows, sequenced = [], {}
    for message, _env, records, notes in applied:
        rows += [
            {"message_id": message.id, "model": model, "id": id_}
            for model, id_ in dict.fromkeys((r._name, i) for r in records for i in r.ids)
        ]
        if message.sequence and message.partition_key:
            sequenced.setdefault(message.endpoint_id.id, set()).add(message.partition_key)
        for text in notes:
            note(cr, message.id, "processed", text)
    if rows:
        cr.execute(INSERT_RECORDS, [json.dumps(rows)])
    cr.execute(MARK_PROCESSED, [[done.message.id for done in applied]])
    for endpoint_id, keys in sequenced.items():
        cr.execute(WAKE_SUCCESSORS, [endpoint_id, list(keys)])


def settle(cr, worker, message_id, outcome):
    """Write down what became of a message that was not applied."""
    difference = None if outcome.difference is None else json.dumps(outcome.difference)
    values = {
        **outcome._asdict(),
        "key": bounded(outcome.key),
        "id": message_id,
        "worker": worker,
        "difference": difference,
    }
    if outcome.model == CODE_MODEL:
        unmapped.note_of_message(cr, message_id, outcome.key)
    cr.execute(SETTLE, values)
    row = cr.fetchone()
    if not row:
        return
    note(cr, message_id, outcome.state, outcome.reason)
    endpoint_id, key, sequence = row
    if outcome.state in ("superseded", "shadowed") and sequence and key:
        cr.execute(WAKE_SUCCESSORS, [endpoint_id, [key]])


def note(cr, message_id, state, reason, user_id=None):
    """A line of a message's history."""
    cr.execute(NOTE, {"message_id": message_id, "state": state, "reason": reason, "user_id": user_id})
