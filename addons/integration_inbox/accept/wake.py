"""Notification of the engine that messages wait, at a limited rate.

PostgreSQL commits transactions that notify one after the other. A lane that was woken goes on looking for
``LINGER_S``; so a process that has just told it need not tell it of what is committed soon after.
"""

import time

from odoo import SUPERUSER_ID

from odoo.addons.integration_core.engine.lane import LINGER_S

LANE = "inbox"
# So long after it told the engine a process need not tell it again, in seconds.
QUIET_S = LINGER_S / 3

_woken_at = {}  # {database: time.monotonic() of when it was told}


def wake(env, cr):
    """The engine is to hear of what was committed on ``cr``, a cursor of ``ConnectionPool``.

    :param env: anybody's, to read what is cached of the crons.
    """
    now = time.monotonic()
    woken_at = _woken_at.get(cr.dbname)
    if woken_at is not None and now - woken_at < QUIET_S:
        return
    _woken_at[cr.dbname] = now
    env(user=SUPERUSER_ID)["integration.worker"]._wake_now(cr, LANE)
