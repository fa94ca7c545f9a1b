"""Outcome of a message whose handler raised an exception: the next state and the reason."""

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
# The longest pause while somebody else holds what a message needs, in seconds.
LONGEST_BLOCKED_S = 30
# Errors that nobody foresaw are tried so often.
UNFORESEEN_TRIES = 8
# One that takes too long is tried so often.
SLOW_TRIES = 3
# What breaks a rule of a table is tried so often: somebody may have stored the same at the same time.
BROKEN_RULE_TRIES = 2

# The database is away, or breaks down over it: tried so often.
INTERRUPTED_TRIES = 16
# Characters of a reason.
LONGEST_REASON = 2000

# ``model`` and ``key``: what was looked for and not found. ``difference``: what a rehearsal would change.
# ``uncounted``: how many attempts this one does not count as; 1 where it is through no fault of the message.
Outcome = namedtuple(
    "Outcome", "state reason delay_s model key difference uncounted", defaults=(None, None, None, 0)
)


class BrokenRule(Exception):
    """A constraint of a table was violated; says what Odoo would tell a user."""


def readable(env, error):
    """``error``, or in place of PostgreSQL's what the table's model says of it; ``env`` can be read with."""
    if not isinstance(error, psycopg2.IntegrityError):
        return error
    try:
        models = (env[name] for name in env.registry if env.registry[name]._table == error.diag.table_name)
        return BrokenRule(next(models, env["base"])._sql_error_to_message(error).strip())
    except Exception:
        _logger.exception("a table's refusal could not be put into words")
        return BrokenRule(str(error))


def outcome_of(error, message_id, tries, age_s):
    """The one place where errors of handlers get their meaning.

    :param tries: how often it was tried, this time included. :param age_s: since it was received.
    """
    try:
        outcome = _outcome(error, message_id, tries, age_s)
        return outcome._replace(
            reason=plain(outcome.reason),
            model=plain(outcome.model),
            key=plain(outcome.key),
        )
    except Exception:  # an error whose own text fails, or that carries what it should not
        _logger.exception("message %s: its error could not be read", message_id)
        return _again(f"Unexpected error in the handler: {type(error).__name__}", tries, UNFORESEEN_TRIES)


def plain(text):
    """``text`` as PostgreSQL can store it: without NUL and lone surrogates, and of a length to read."""
    if text is None:
        return None
    text = str(text).replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def blocked_outcome(is_blocked, times):
    """Another transaction was there first. Neither the message's fault nor an attempt that counts.

    :param is_blocked: it has not ended within the time that a message waits. :param times: in a row.
    """
    if is_blocked:
        reason = "Somebody else is changing a record that it needs"
        return Outcome("retrying", reason, float(min(times, LONGEST_BLOCKED_S)), uncounted=1)
    return Outcome("retrying", "Conflict with another change of the same record", 1.0, uncounted=1)


def unwritable_outcome(outcome):
    """In place of one that cannot be written down."""
    reason = "What became of it could not be written down"
    return Outcome("retrying" if outcome.state == "retrying" else "dead", reason, outcome.delay_s)


def _outcome(error, message_id, tries, age_s):
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
            return _again("The database was interrupted", tries, INTERRUPTED_TRIES)
    _logger.error("message %s: its handler failed", message_id, exc_info=error)
    reason = f"Unexpected error in the handler: {type(error).__name__}: {error}"[:500]
    return _again(reason, tries, UNFORESEEN_TRIES)


def _again(reason, tries, most):
    """Tried again, a while later; given up after ``most`` times."""
    if tries >= most:
        return Outcome("dead", reason, None)
    return Outcome("retrying", reason, backoff.delay_s(tries))
