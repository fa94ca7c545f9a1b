"""What becomes of a message whose handler raised something."""

from collections import namedtuple

import psycopg2
from pydantic import ValidationError

from odoo.exceptions import UserError

from odoo.addons.integration_core import logs
from odoo.addons.integration_core.errors import NotYetKnown, RejectMessage, RetryLater, Superseded
from odoo.addons.integration_core.policy import backoff

from ..accept.admit import explain
from .limit import TimeLimit

_logger = logs.get_logger(__name__)

# What is not known after so long will not be: to the dead letters, in seconds.
WAIT_FOR_S = 24 * 3600
# The longest pause between two looks at a waiting message, in seconds.
LONGEST_WAIT_S = 300
# Errors that nobody foresaw are tried so often.
UNFORESEEN_TRIES = 8
# One that takes too long is tried so often.
SLOW_TRIES = 3
# What breaks a rule of a table is tried so often: somebody may have stored the same at the same time.
BROKEN_RULE_TRIES = 2

# ``model`` and ``key``: what was looked for and not found. ``difference``: what a rehearsal would change.
Outcome = namedtuple("Outcome", "state reason delay_s model key difference", defaults=(None, None, None))


class BrokenRule(Exception):
    """A constraint of a table was violated; says what Odoo would tell a user."""


def readable(env, error):
    """``error``, or in place of PostgreSQL's what the table's model says of it; ``env`` can be read with."""
    if not isinstance(error, psycopg2.IntegrityError):
        return error
    models = (env[name] for name in env.registry if env.registry[name]._table == error.diag.table_name)
    return BrokenRule(next(models, env["base"])._sql_error_to_message(error).strip())


def outcome_of(error, message_id, tries, age_s):
    """The one place where errors of handlers get their meaning.

    :param tries: how often it was tried, this time included. :param age_s: since it was received.
    """
    match error:
        case NotYetKnown():
            if age_s > WAIT_FOR_S:
                return Outcome(
                    "dead", f"{error.sentence} It was waited for a day.", None, error.model, error.key
                )
            delay_s = min(backoff.ceiling_s(tries) / 2, LONGEST_WAIT_S)
            return Outcome("waiting", error.sentence, delay_s, error.model, error.key)
        case RetryLater():
            return Outcome("retrying", error.sentence, 1 + min(backoff.delay_s(tries), LONGEST_WAIT_S))
        case Superseded():
            return Outcome("superseded", error.sentence, None)
        case RejectMessage():
            return Outcome("dead", error.sentence, None)
        case ValidationError():
            return Outcome("quarantined", explain(error), None)
        case UserError():
            return Outcome("dead", str(error.args[0] if error.args else error), None)
        case TimeLimit():
            often = f" {tries} times" if tries >= SLOW_TRIES else ""
            text = f"{str(error) or 'It took too long.'} It was stopped{often}; nothing was changed."
            return _again(text, tries, SLOW_TRIES)
        case BrokenRule():
            return _again(str(error), tries, BROKEN_RULE_TRIES)
        case psycopg2.OperationalError():
            return Outcome("retrying", "The database was interrupted", 1.0)
    _logger.error("message %s: its handler failed", message_id, exc_info=error)
    reason = f"Unexpected error in the handler: {type(error).__name__}: {error}"[:500]
    return _again(reason, tries, UNFORESEEN_TRIES)


def _again(reason, tries, most):
    """Tried again, a while later; given up after ``most`` times."""
    if tries >= most:
        return Outcome("dead", reason, None)
    return Outcome("retrying", reason, backoff.delay_s(tries))
