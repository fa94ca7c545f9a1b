"""The last refused requests of each endpoint, stored for its operators.

Written after the response was sent: how long a response takes does not tell whether a URL exists. Bounded in rows
(``MOST`` per endpoint) and in writes (``WRITES``), for anybody who has the URL can cause refusals.
"""

import psycopg2

from odoo.modules.registry import Registry
from odoo.sql_db import Cursor

from odoo.addons.integration_core import logs
from odoo.addons.integration_core.engine.cursor import engine_cursor
from odoo.addons.integration_core.trust.throttle import Throttle, TooMany
from odoo.addons.integration_core.wire.standard_webhooks import VerificationFailed

_logger = logs.get_logger(__name__)

# Rows per endpoint.
MOST = 50
# Characters of a reason: a part of it may be the sender's.
LONGEST_REASON = 300
# Of each endpoint by each process: so many at once, then one each five seconds. Others are not stored.
WRITES = Throttle(burst=20, rate_per_s=0.2)

# index: integration_endpoint_refusal_endpoint_idx, on (endpoint_id, id)
STORE = """
    WITH surplus AS (
        DELETE FROM integration_endpoint_refusal
         WHERE endpoint_id = %(endpoint)s
           AND id <= (SELECT id
                        FROM integration_endpoint_refusal
                       WHERE endpoint_id = %(endpoint)s
                       ORDER BY id DESC
                      OFFSET %(most)s - 1
                       LIMIT 1)
    )
    INSERT INTO integration_endpoint_refusal (endpoint_id, refused_at, http_status, name, reason, remote_addr)
         VALUES (%(endpoint)s, clock_timestamp() AT TIME ZONE 'UTC', %(status)s, %(name)s, %(reason)s, %(address)s)
"""


def store_after(response, env, token, refused, address):
    """Store a refusal when ``response`` was sent; at once in a test, whose transaction is the world."""
    settings = env["integration.endpoint"]._settings_of(token)
    if settings is None:
        return
    if isinstance(env.cr, Cursor):
        response.call_on_close(lambda: _store_apart(env.cr.dbname, settings.id, refused, address))
    else:
        store(env.cr, settings.id, refused, address)


def _store_apart(dbname, endpoint_id, refused, address):
    try:
        with engine_cursor(Registry(dbname)) as cr:
            store(cr, endpoint_id, refused, address)
    except psycopg2.Error as error:  # the response is out: nobody waits for this
        _logger.warning("a refusal of endpoint %s was not stored: %s", endpoint_id, error)


def store(cr, endpoint_id, refused, address):
    """Insert one refusal, and delete the oldest beyond ``MOST``. :return: whether it was stored."""
    try:
        WRITES.check(cr.dbname, endpoint_id)
    except TooMany:
        return False
    WRITES.note(cr.dbname, endpoint_id)
    cr.execute(
        STORE,
        {
            "endpoint": endpoint_id,
            "most": MOST,
            "status": refused.status,
            "name": refused.name,
            "reason": _reason(refused).replace("\x00", "")[:LONGEST_REASON],
            "address": address,
        },
    )
    return True


def _reason(refused):
    """What the sender is not told of a failed verification helps the operator."""
    cause = refused.__cause__
    if not isinstance(cause, VerificationFailed):
        return refused.detail
    text = str(cause)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
