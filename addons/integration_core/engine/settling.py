"""Writing down what became of a batch of rows: together, and each by itself where that fails.

What a partner answers, or what a handler raises, is text that nobody has foreseen. One that PostgreSQL does not take
(a character that no column may hold) must not keep its neighbours from being written down, nor be tried for
ever: it is settled with the reason instead.
"""

import psycopg2

from .. import logs

_logger = logs.get_logger(__name__)


def is_connection_lost(error):
    """Whether the database is away, rather than refusing what it was given."""
    return isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError))


def settle_batch(results, settle, without_details):
    """Settle ``results``, one statement for all of them where PostgreSQL takes it.

    :param settle: writes a list of results down in one transaction.
    :param without_details: makes of a result that cannot be written down, and the error, one that can.
    :raises psycopg2.OperationalError: the database is away; nothing is lost, the caller tries again.
    """
    try:
        return settle(results)
    except Exception as error:
        if is_connection_lost(error):
            raise
        if len(results) == 1:
            _logger.warning("a result could not be stored: %s", error)
            return settle([without_details(results[0], error)])
    middle = len(results) // 2
    halves = results[:middle], results[middle:]
    return [done for half in halves for done in settle_batch(half, settle, without_details)]
