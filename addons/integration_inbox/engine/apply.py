"""Application of messages: handlers and states in one transaction, and the one place where errors are caught.

Messages that come for the first time share a transaction, for a commit costs more than many a handler.
Where one of them fails, all of it is undone, and it is left out: so it costs its neighbours a little
time, and nothing else. Each has its own events; what emits none reaches the tables with its neighbours.
Where the group meets another transaction in a row, ``contention`` says how to go on.
"""

import time
from collections import namedtuple
from contextlib import contextmanager, suppress

import psycopg2
from psycopg2.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core import causality, declare, logs
from odoo.addons.integration_core.engine.cursor import Sessions
from odoo.addons.integration_core.errors import NotYetKnown, RejectMessage, Superseded

from ..incoming import Incoming
from . import contention, settle
from .guard import guarded
from .limit import Watch
from .messages import QUEUE
from .outcome import Outcome, blocked_outcome, outcome_of, readable, unwritable_outcome
from .sequencing import Sequencing

_logger = logs.get_logger(__name__)
# Odoo logs a query that PostgreSQL refuses, with the values in it: a payload's, here.
logs.get_logger("odoo.sql_db")

CONFLICTS = (SerializationFailure, DeadlockDetected, LockNotAvailable)
# How often a conflict with another transaction is tried again at once.
CONFLICT_TRIES = 5
# A transaction that several messages share is ended after so long, in seconds: others may wait for its locks.
SHARED_S = 1.0
# A group waits so long for a row. Who waits for a row under REPEATABLE READ will fail anyway once it is free;
# and two groups that wait for each other would wait for PostgreSQL's deadlock_timeout, a second as a rule.
GROUP_WAITS = "100ms"
# One message by itself waits so long: a lane's transaction is over by then, a person's may not be.
ALONE_WAITS = "2s"
# While somebody is known to hold what an endpoint's messages need.
BLOCKED_WAITS = "50ms"
# A lane waits so long for another that applies what is applied by one lane at a time; and so long for those
# that still apply such messages side by side.
EXCLUSIVE_WAITS, EXCLUSIVE_ENDPOINT_WAITS = "2s", "1s"
WAITS = "SELECT set_config('lock_timeout', %s, true)"
# Advisory locks are released with their transaction, whatever becomes of this process. One for all endpoints
# whose messages meet, for they may meet each other; and one by which the other lanes learn of it.
EXCLUSIVE = "SELECT pg_advisory_xact_lock(hashtext('integration_inbox.apply'), 0)"
EXCLUSIVE_ENDPOINT = "SELECT pg_advisory_xact_lock(hashtext('integration_inbox.apply'), %s)"
# A lane that applies an endpoint's messages beside others does so while no lane waits to do it alone.
SIDE_BY_SIDE = """
    SELECT id
      FROM unnest(%s) AS endpoint (id)
     WHERE NOT pg_try_advisory_xact_lock_shared(hashtext('integration_inbox.apply'), id)
"""
# primary key
ENDPOINTS = "SELECT id, endpoint_id FROM integration_message WHERE id = ANY (%s)"


# A message whose handlers have run; ``env`` is theirs, ``records`` they touched, ``notes`` are for its history.
Applied = namedtuple("Applied", "message env records notes")

# After so many messages of a group have failed, each of the others is applied by itself.
MOST_SPOILED = 3


class _Spoiled(Exception):
    """Some messages cannot share a transaction: what all did together is undone. :ivar ids: which."""

    def __init__(self, ids):
        super().__init__(ids)
        self.ids = set(ids)


class _Met(Exception):
    """Another transaction was there first; nothing was changed.

    :ivar endpoint_ids: whose messages met it. :ivar count: how many messages this transaction had by then.
    """

    def __init__(self, endpoint_ids, count, error):
        super().__init__(endpoint_ids)
        self.endpoint_ids, self.count = endpoint_ids, count
        self.is_blocked = isinstance(error, LockNotAvailable)


class _Busy(Exception):
    """Another lane applies the messages of an endpoint alone. :ivar endpoint_ids: of which."""

    def __init__(self, endpoint_ids):
        super().__init__(endpoint_ids)
        self.endpoint_ids = endpoint_ids


@contextmanager
def _spoiling(cr, ids):
    """:raises _Spoiled: what is done in here failed, other than by a conflict; ``ids`` are tried alone."""
    try:
        yield
    except (*CONFLICTS, _Spoiled, _Busy):
        raise
    except BaseException as error:  # whatever it is, SystemExit too: each says so itself, tried alone
        with suppress(psycopg2.Error):  # the connection may be what it broke
            cr.rollback()
        raise _Spoiled(ids) from error


class Applier:
    """:param sessions: connections of the engine, for what is written down apart from an effect.

    :ivar waited_s: how long it has waited for other lanes, so far.
    """

    def __init__(self, registry, sessions, worker):
        self.registry, self.sessions, self.worker = registry, sessions, worker
        self.contention = contention.of(registry)
        self.waited_s = 0.0
        self._alone_with = None  # the endpoint that this lane holds
        self.watch = Watch()
        self._locks = Sessions(registry)

    def close(self):
        self.watch.close()
        self._locks.close()

    def apply(self, ids, until):
        """Apply the messages that this worker has claimed, and note what became of each.

        :param until: ``time.monotonic()`` after which no further one is begun.
        :return: the ids that were not begun.
        """
        work = _Work(ids, self.contention, self._endpoints_of)
        while work.has_more() and time.monotonic() < until:
            group, endpoint_id = work.next_group()
            with self._exclusively(endpoint_id) as is_mine:
                if not is_mine:
                    work.put_off(endpoint_id)
                elif len(group) == 1:
                    if self._alone(group[0]):
                        work.done(group)
                else:
                    self._group(group, work)
        return work.left()

    def _group(self, ids, work):
        try:
            done, endpoint_ids = self._together(ids)
        except _Spoiled as spoiled:
            work.spoiled(spoiled.ids)
        except _Busy as busy:
            self._join(busy)
        except _Met as met:
            endpoint_ids = met.endpoint_ids or work.endpoints_of(ids)
            for endpoint_id in endpoint_ids:
                work.met(endpoint_id, len(ids), self.contention.met(endpoint_id, met.count))
        else:
            work.done(done)
            for endpoint_id in endpoint_ids:
                self.contention.passed(endpoint_id)

    @contextmanager
    def _exclusively(self, endpoint_id):
        """Apply what is applied by one lane at a time. :return: whether this lane may, now.

        Taken apart from the transaction of the effect, which must see what the lane before it committed.
        """
        if not endpoint_id or not self.contention.is_exclusive(endpoint_id):
            yield True
            return
        began, has_it = time.monotonic(), False
        try:
            with self._locks.transaction() as cr:
                cr.execute(WAITS, [EXCLUSIVE_WAITS])
                cr.execute(EXCLUSIVE, log_exceptions=False)
                self._stop_others(cr, endpoint_id)
                self.waited_s += time.monotonic() - began
                self._alone_with, has_it = endpoint_id, True
                yield True
        except LockNotAvailable:
            if has_it:
                raise
            self.waited_s += time.monotonic() - began
            yield False
        finally:
            self._alone_with = None

    def _stop_others(self, cr, endpoint_id):
        """Let those that apply an endpoint's messages side by side end, and begin no other.

        One of them may take long; then they go on beside this lane.
        """
        cr.execute("SAVEPOINT others")
        cr.execute(WAITS, [EXCLUSIVE_ENDPOINT_WAITS])
        try:
            cr.execute(EXCLUSIVE_ENDPOINT, [endpoint_id], log_exceptions=False)
        except LockNotAvailable:
            cr.execute("ROLLBACK TO SAVEPOINT others")

    def _side_by_side(self, cr, endpoint_ids):
        """:raises _Busy: a lane applies the messages of one of the endpoints alone."""
        others = [id_ for id_ in endpoint_ids if id_ != self._alone_with]
        if others:
            cr.execute(SIDE_BY_SIDE, [others])
            busy = [id_ for (id_,) in cr.fetchall()]
            if busy:
                raise _Busy(busy)

    def _join(self, busy):
        for endpoint_id in busy.endpoint_ids:
            self.contention.join(endpoint_id)

    def _endpoints_of(self, ids):
        with self.sessions.transaction() as cr:
            cr.execute(ENDPOINTS, [list(ids)])
            return dict(cr.fetchall())

    def _together(self, ids):
        """One transaction for several.

        :return: the ids that are done with, one way or the other, and whose endpoints' they were.
        :raises _Spoiled: one failed; nothing was changed.
        :raises _Met: another transaction was there first; nothing was changed.
        :raises _Busy: another lane applies such messages alone; nothing was changed.
        """
        began = time.monotonic()
        applied, outcomes, done, endpoint_ids = [], {}, set(), set()
        blamed = ()
        try:
            with self.registry.cursor() as cr:
                cr.execute(WAITS, [GROUP_WAITS])
                held = QUEUE.hold(cr, self.worker, ids)
                done.update(set(ids) - held.keys())
                with _spoiling(cr, ids):
                    messages = api.Environment(cr, SUPERUSER_ID, {})["integration.message"].browse(held)
                    rehearsed = messages.filtered("endpoint_id.is_shadow")
                    if rehearsed:
                        raise _Spoiled(rehearsed.ids)
                    self._side_by_side(cr, messages.endpoint_id.ids)
                    in_order = messages.sorted(lambda m: (m.endpoint_id.id, m.sequence or 0, m.id))
                sequencing = Sequencing(cr)
                for message in in_order:
                    tries, age_s = held[message.id]
                    with _spoiling(cr, [message.id]):
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
                    blamed = (message.endpoint_id.id,)
                    endpoint_ids.update(blamed)
                    with _spoiling(cr, [message.id]):
                        applied.append(self._run(message))
                        sequencing.note_applied(message)
                    done.add(message.id)
                    if time.monotonic() - began > SHARED_S:
                        break
                with _spoiling(cr, ids):
                    if applied:
                        self._finish(applied[-1])
                        blamed = tuple(endpoint_ids)
                        settle.mark_processed(cr, applied)
                    cr.commit()  # pylint: disable=invalid-commit
        except CONFLICTS as error:
            raise _Met(blamed, len(applied) + 1, error) from error
        self._settle(outcomes)
        return done, endpoint_ids

    def _alone(self, message_id):
        """:return: whether it was begun."""
        outcome = None
        for _try in range(CONFLICT_TRIES):
            try:
                outcome = self._once(message_id)
                break
            except _Busy as busy:
                self._join(busy)
                return False
            except _Met as met:
                outcome = blocked_outcome(met.is_blocked, self._blocked(met))
                if met.is_blocked:
                    break  # somebody holds it for longer
        if outcome:
            self._settle({message_id: outcome})
        return True

    def _blocked(self, met):
        """Note what one message met by itself. :return: how many were blocked in a row."""
        for endpoint_id in met.endpoint_ids:
            if met.is_blocked:
                return self.contention.blocked(endpoint_id)
            self.contention.met(endpoint_id, met.count)
        return 1

    def _once(self, message_id):
        """One transaction. Returns ``None`` when the message was applied (or is not ours any more).

        :raises _Met: another transaction was there first; nothing was changed.
        """
        blamed = ()
        try:
            # REPEATABLE READ, as all business code of Odoo expects.
            with self.registry.cursor() as cr:
                cr.execute(WAITS, [ALONE_WAITS])
                held = QUEUE.hold(cr, self.worker, [message_id])
                if not held:
                    return None
                tries, age_s = held[message_id]
                message = api.Environment(cr, SUPERUSER_ID, {})["integration.message"].browse(message_id)
                try:
                    blamed = (message.endpoint_id.id,)
                    self._side_by_side(cr, blamed)
                    if self.contention.is_blocked(*blamed):
                        cr.execute(WAITS, [BLOCKED_WAITS])
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
                except (*CONFLICTS, _Busy):
                    raise
                except BaseException as error:  # noqa: BLE001, whatever a handler raises has its outcome, SystemExit too
                    with suppress(psycopg2.Error):  # the connection may be what it broke
                        cr.rollback()
                    return outcome_of(readable(message.env, error), message_id, tries, age_s)
        except CONFLICTS as error:
            raise _Met(blamed, 1, error) from error
        self.contention.passed(*blamed)
        return None

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
        if not outcomes:
            return
        try:
            self._write_down(outcomes)
        except (psycopg2.InterfaceError, psycopg2.OperationalError) as error:
            if not isinstance(error, CONFLICTS):
                raise  # the database is away: that is the lane's
            self._settle_each(outcomes)
        except Exception:  # noqa: BLE001, one of them: which one shows itself
            self._settle_each(outcomes)

    def _settle_each(self, outcomes):
        """Each in its own transaction: one that cannot be written down stops no other."""
        for message_id, outcome in outcomes.items():
            try:
                self._write_down({message_id: outcome})
            except psycopg2.OperationalError:
                raise
            except Exception:
                _logger.exception("message %s: what became of it could not be written down", message_id)
                self._write_down({message_id: unwritable_outcome(outcome)})

    def _write_down(self, outcomes):
        with self.sessions.transaction() as cr:
            for message_id, outcome in outcomes.items():
                settle.settle(cr, self.worker, message_id, outcome)


class _Work:
    """The messages of one claim: which of them are applied together next.

    :param endpoints_of: gives the endpoints of ids; asked only where something has met.
    """

    def __init__(self, ids, known, endpoints_of):
        self.rest, self.by_itself, self.put_back = list(ids), [], []
        self._known, self._look_up = known, endpoints_of
        self._endpoints = {}
        self._most = {}  # {endpoint id: how many at once, at most, in this claim}
        self._spoiled_count = 0

    def has_more(self):
        return bool(self.rest or self.by_itself)

    def left(self):
        """What was not begun."""
        return sorted(self.rest + self.by_itself + self.put_back)

    def next_group(self):
        """:return: ids, and the endpoint of all of them where it matters."""
        if self._known.is_calm() and not self._most:
            together, endpoint_id = self.rest, None
        else:
            calm = [id_ for id_ in self.rest if self._is_calm(id_)]
            together, endpoint_id = calm, None
            if not calm and self.rest:
                endpoint_id = self._endpoint_of(self.rest[0])
                size = min(self._known.size(endpoint_id), self._most.get(endpoint_id, contention.FULL))
                together = [i for i in self.rest if self._endpoint_of(i) == endpoint_id][:size]
        if len(together) > 1 and self._spoiled_count < MOST_SPOILED:
            return list(together), endpoint_id
        first = min(self.rest + self.by_itself)
        return [first], None if self._known.is_calm() else self._endpoint_of(first)

    def done(self, ids):
        ids = set(ids)
        self.rest = [id_ for id_ in self.rest if id_ not in ids]
        self.by_itself = [id_ for id_ in self.by_itself if id_ not in ids]

    def spoiled(self, ids):
        self._spoiled_count += 1
        self.by_itself += [id_ for id_ in self.rest if id_ in ids]
        self.rest = [id_ for id_ in self.rest if id_ not in ids]

    def met(self, endpoint_id, count, is_exclusive):
        """A group of ``count`` met another: smaller ones now, so that it ends; unless lanes now take turns."""
        fewer = max(1, min(count, self._most.get(endpoint_id, count)) // 2)
        self._most[endpoint_id] = contention.FULL if is_exclusive else fewer

    def put_off(self, endpoint_id):
        """Another lane applies this endpoint's messages now: back to where they came from."""
        self.put_back += [i for i in self.rest + self.by_itself if self._endpoint_of(i) == endpoint_id]
        self.done(self.put_back)

    def endpoints_of(self, ids):
        return {self._endpoint_of(id_) for id_ in ids} - {None}

    def _is_calm(self, id_):
        endpoint_id = self._endpoint_of(id_)
        return endpoint_id not in self._most and self._known.is_calm(endpoint_id)

    def _endpoint_of(self, id_):
        if not self._endpoints:
            self._endpoints = self._look_up(self.rest + self.by_itself)
        return self._endpoints.get(id_)


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
