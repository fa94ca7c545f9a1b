"""Events whose payload was erased say so; until now they looked like events that were not built.

An erasure is the one thing that leaves an event without data and with this reason (``_erase_payload``).
"""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE integration_event
           SET is_erased = true
         WHERE data IS NULL AND error IN ('Its payload was erased')
        """
    )
