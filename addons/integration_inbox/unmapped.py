"""Collection of values without an entry in a code list, from the messages that wait for them."""

from odoo.addons.integration_core.errors import CODE_MODEL
from odoo.addons.integration_core.models.integration_code import note_unmapped

# Primary key. Counted once for each message, however often it is tried.
SYSTEM = """
    SELECT endpoint.system_id
      FROM integration_message AS message
      JOIN integration_endpoint AS endpoint ON endpoint.id = message.endpoint_id
     WHERE message.id = %s AND (message.missing_model IS DISTINCT FROM %s
                                OR message.missing_key IS DISTINCT FROM %s)
"""
EXAMPLE = "UPDATE integration_code SET example_message_id = %s WHERE id = %s AND example_message_id IS NULL"
# unique index on (endpoint_id, message_id)
ROW = "SELECT id FROM integration_message WHERE endpoint_id = %s AND message_id = %s"


def note_of_message(cr, message_id, key):
    """A message is about to wait for ``key``, a list's code and a value. Called before that is written to it."""
    cr.execute(SYSTEM, [message_id, CODE_MODEL, key])
    row = cr.fetchone()
    if row:
        _note(cr, row[0], key, message_id)


def note_of_reading(cr, settings, reading):
    """A message was kept whose mapping found no value for ``reading.missing``."""
    cr.execute(ROW, [settings.id, reading.message_id])
    row = cr.fetchone()
    if row:
        _note(cr, settings.system_id, reading.missing, row[0])


def _note(cr, system_id, key, message_id):
    list_code, _slash, value = key.partition("/")
    code_id = note_unmapped(cr, system_id, list_code, value)
    if code_id:
        cr.execute(EXAMPLE, [message_id, code_id])
