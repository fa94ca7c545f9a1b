"""From messages to their effects: handlers and states in one transaction; nothing of it is caught elsewhere.

Messages that come for the first time share a transaction, for a commit costs more than many a handler.
Where one of them fails, all of it is undone, and it is left out: so it costs its neighbours a little
time, and nothing else. Each has its own events; what emits none reaches the tables with its neighbours.
"""

import time
from collections import namedtuple
from contextlib import contextmanager

from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core import causality, declare, logs
from odoo.addons.integration_core.errors import NotYetKnown, RejectMessage, Superseded

from ..incoming import Incoming
from . import settle
from .guard import guarded
from .limit import TimeLimit, Watch
from .messages import QUEUE
from .outcome import Outcome, outcome_of, readable
from .sequencing import Sequencing

# Odoo logs a query that PostgreSQL refuses, with the values in it: a payload's, here.
logs.get_logger("odoo.sql_db")

CONFLICTS = (SerializationFailure, DeadlockDetected, LockNotAvailable)
# How often a conflict with another transaction is tried again at once.
CONFLICT_TRIES = 5
# A transaction that several messages share is ended after so long, in seconds: others may wait for its locks.
SHARED_S = 1.0


# A message whose handlers have run; ``env`` is theirs, ``records`` they touched, ``notes`` are for its history.
Applied = namedtuple("Applied", "message env records notes")

# After so many messages of a group have failed, each of the others is applied by itself.
MOST_SPOILED = 3


class _Spoiled(Exception):
    """Some messages cannot share a transaction: what all did together is undone. :ivar ids: which."""

    def __init__(self, ids):
        super().__init__(ids)
        self.ids = set(ids)


@contextmanager
def _spoiling(cr, ids):
    """:raises _Spoiled: what is done in here failed, other than by a conflict; ``ids`` are tried alone."""
    try:
        yield
    except CONFLICTS:
        raise
    except (Exception, TimeLimit) as error:  # noqa: BLE001, whatever it is: each says so itself, tried alone
        cr.rollback()
        raise _Spoiled(ids) from error


class Applier:
    """:param sessions: connections of the engine, for what is written down apart from an effect."""

    def __init__(self, registry, sessions, worker):
        self.registry, self.sessions, self.worker = registry, sessions, worker
        self.watch = Watch()

    def close(self):
        self.watch.close()

    def apply(self, ids, until):
        """Apply the messages that this worker has claimed, and note what became of each.

        :param until: ``time.monotonic()`` after which no further one is begun.
        :return: the ids that were not begun.
        """
        rest, alone, spoiled_count = list(ids), [], 0
        while len(rest) > 1 and spoiled_count < MOST_SPOILED and time.monotonic() < until:
            try:
                done = self._together(rest)
            except _Spoiled as spoiled:
                alone += spoiled.ids
                spoiled_count += 1
                done = spoiled.ids
            except CONFLICTS:
                break
            rest = [id_ for id_ in rest if id_ not in done]
        left = sorted(rest + alone)
        while left and time.monotonic() < until:
            self._alone(left.pop(0))
        return left

    def _together(self, ids):
        """One transaction for several. :return: the ids that are done with, one way or the other.

        :raises _Spoiled: one failed; nothing was changed.
        """
        began = time.monotonic()
        applied, outcomes, done = [], {}, set()
        with self.registry.cursor() as cr:
            held = QUEUE.hold(cr, self.worker, ids)
            done.update(set(ids) - held.keys())
            messages = api.Environment(cr, SUPERUSER_ID, {})["integration.message"].browse(held)
            rehearsed = messages.filtered("endpoint_id.is_shadow")
            if rehearsed:
                raise _Spoiled(rehearsed.ids)
            sequencing = Sequencing(cr)
            for message in messages.sorted(lambda m: (m.endpoint_id.id, m.sequence or 0, m.id)):
                tries, age_s = held[message.id]
                try:
                    sequencing.check(message, age_s)
                except (NotYetKnown, Superseded) as error:
                    # Nothing was done for it, so nothing has to be undone.
                    outcomes[message.id] = outcome_of(error, message.id, tries, age_s)
                    done.add(message.id)
                    continue
                if applied and applied[-1].message.endpoint_id != message.endpoint_id:
                    with _spoiling(cr, ids):
                        self._finish(applied[-1])
                with _spoiling(cr, [message.id]):
                    applied.append(self._run(message))
                sequencing.note_applied(message)
                done.add(message.id)
                if time.monotonic() - began > SHARED_S:
                    break
            with _spoiling(cr, ids):
                if applied:
                    self._finish(applied[-1])
                    settle.mark_processed(cr, applied)
                cr.commit()  # pylint: disable=invalid-commit
        self._settle(outcomes)
        return done

    def _alone(self, message_id):
        for _try in range(CONFLICT_TRIES):
            try:
                outcome = self._once(message_id)
                break
            except CONFLICTS as error:
                outcome = Outcome("retrying", f"Conflict with another change: {type(error).__name__}", 1.0)
        if outcome:
            self._settle({message_id: outcome})

    def _once(self, message_id):
        """One transaction. Returns ``None`` when the message was applied (or is not ours any more)."""
        # REPEATABLE READ, as all business code of Odoo expects.
        with self.registry.cursor() as cr:
            held = QUEUE.hold(cr, self.worker, [message_id])
            if not held:
                return None
            tries, age_s = held[message_id]
            message = api.Environment(cr, SUPERUSER_ID, {})["integration.message"].browse(message_id)
            try:
                sequencing = Sequencing(cr)
                sequencing.check(message, age_s)
                if message.endpoint_id.is_shadow:
                    difference = self._rehearse(message)
                    cr.rollback()
                    return Outcome("shadowed", None, None, difference=difference)
                applied = self._run(message)
                sequencing.note_applied(message)
                self._finish(applied)
                settle.mark_processed(cr, [applied])
                cr.commit()  # pylint: disable=invalid-commit
                return None
            except CONFLICTS:
                cr.rollback()
                raise
            except (Exception, TimeLimit) as error:  # noqa: BLE001, whatever a handler raises has its outcome
                cr.rollback()
                return outcome_of(readable(message.env, error), message_id, tries, age_s)

    def _run(self, message):
        """Let the handlers do their work. :return: :class:`Applied`."""
        with guarded(message) as guard, self.watch.over(message.env.cr, message.endpoint_id.limit_s):
            env, records = run_handlers(message)
            return Applied(message, env, records, guard.notes)

    def _finish(self, last):
        """What has not reached the tables yet does, as the service user: to compute it is their work, too.

        :param last: of an endpoint's messages in the transaction.
        """
        with guarded(last.message) as guard, self.watch.over(last.env.cr, last.message.endpoint_id.limit_s):
            last.env.flush_all()
        last.notes.extend(guard.notes)

    def _rehearse(self, message):
        with (
            guarded(message, is_shadow=True) as guard,
            self.watch.over(message.env.cr, message.endpoint_id.limit_s),
        ):
            env, _records = run_handlers(message)
            env.flush_all()
            return guard.difference()

    def _settle(self, outcomes):
        if outcomes:
            with self.sessions.transaction() as cr:
                for message_id, outcome in outcomes.items():
                    settle.settle(cr, self.worker, message_id, outcome)


def run_handlers(message):
    """Apply each event of a message with each of its handlers.

    What becomes an event reaches the tables here; the rest may do so later.

    :return: ``(env, records)``: the handlers' environment, and what they touched.
    :raises RejectMessage: no installed module knows one of them.
    :raises RetryLater: nobody to act as, or somebody that no message may act as.
    """
    user = message.system_id._service_user()
    cr = message.env.cr
    causality.begin(
        cr,
        causality.Cause(
            message.correlation_id,
            message.event_id or message.message_id,
            message.traceparent,
            message.system_id.id,
        ),
    )
    env = message.env(
        user=user.id, su=False, context={"allowed_company_ids": message.company_id.ids, "lang": user.lang}
    )
    touched = []
    for event in message._events():
        handlers = declare.handlers_for(message.env.registry, event.type, event.version)
        if not handlers:
            raise RejectMessage(message.env._("No installed module knows %s.", event.type))
        for handler in handlers:
            data = handler.data.model_validate(event.data)
            result = handler.apply(Incoming(message, env, event, data), data)
            records = [result] if hasattr(result, "_name") else list(result or ())
            causality.mirrored(cr, handler.mirrors, records)
            touched += records
    if causality.is_awaited(cr) or _is_watched(env):
        env.flush_all()
        causality.end(cr)  # what it emits was caused by this message, not by the next one in the transaction
    return env, touched


def _is_watched(env):
    """Whether something that is still to be written, or to be computed, may be an event."""
    watched, transaction = declare.watched(env.registry), env.transaction
    return any(
        field.name in watched.get(field.model_name, ())
        for pending in (transaction.field_dirty, transaction.tocompute)
        for field, ids in pending.items()
        if ids
    )
