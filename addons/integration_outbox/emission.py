"""The events of one transaction: noted while it runs, built and inserted right before it commits.

Noted transitions live in ``cr.precommit.data``, which Odoo empties when a savepoint is rolled back; so
an event is never emitted for a change that was undone. A savepoint that is entered runs the precommit
hooks too: events are then inserted earlier, and their data is built anew when anything was written
afterwards, so that it describes the records as committed.
"""

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce

import psycopg2

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_core import causality, declare, logs

from .engine import watermark

_logger = logs.get_logger(__name__)

_ROUND = "integration_outbox.round"
_BUILT = "integration_outbox.built"
_INSERTED = "integration_outbox.inserted"
_SILENT = "integration_outbox.silent"
# Of an import or a migration that partners are not to hear of.
OPT_OUT = "integration_no_events"
# Writes to these tell nothing about business records.
_SILENT_PREFIXES = ("mail.", "bus.", "ir.", "integration.", "res.users", "base_import.")


@dataclass
class Draft:
    """An event that is about to be a row."""

    declaration: declare.EventDeclaration
    res_id: int
    event_id: str
    cause: causality.Cause = causality.Cause()
    company_id: int | None = None
    subject: str = ""
    partition_key: str = ""
    data: str | None = None
    error: str | None = None


def event_id():
    """A UUID version 7 (RFC 9562, section 5.7): in order of time, so that its index stays warm."""
    bits = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    bits = bits & ~(0xF << 76) | 7 << 76
    bits = bits & ~(0b11 << 62) | 0b10 << 62
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass
class _Round:
    """What one run of the precommit hooks has to do; thrown away with it, and by a rollback."""

    noted: dict
    refreshes: bool = False
    is_deferred: bool = False


def is_silent(cr):
    return bool(cr.cache.get(_SILENT))


@contextmanager
def silence(env):
    """Nothing that is written in here emits an event: ``with_context(integration_no_events=True)``.

    What was written before is flushed first, and what is written in here at its end: transitions are
    seen when they reach the tables, and computed states reach them late.
    """
    cr = env.cr
    if is_silent(cr):
        yield
        return
    env.flush_all()
    cr.cache[_SILENT] = True
    try:
        yield
        env.flush_all()
    finally:
        cr.cache.pop(_SILENT, None)


def note(env, declaration, ids):
    """Emit ``declaration`` for these records when the transaction commits; once per record."""
    noted = _round(env.cr).noted
    for res_id in ids:
        noted[declaration.name, declaration.version, res_id] = declaration


def touched(model):
    """Something was written: what was inserted earlier in this transaction may be out of date."""
    cr = model.env.cr
    if cr.cache.get(_INSERTED) and not model._name.startswith(_SILENT_PREFIXES):
        _round(cr).refreshes = True


def _round(cr):
    current = cr.precommit.data.get(_ROUND)
    if current is None:
        current = cr.precommit.data[_ROUND] = _Round({})
        cr.precommit.add(lambda: _emit(cr))
        causality.at_end(cr, lambda: _end_flow(cr))
    return current


def _end_flow(cr):
    """What one of several messages in a transaction led to is told as it was when that message was done.

    The rows of all of them are one statement, when the transaction commits or a savepoint is entered.
    """
    if _ROUND in cr.precommit.data:
        drafts = _finish_round(cr)
        if _BUILT not in cr.precommit.data:
            cr.precommit.data[_BUILT] = []
            cr.precommit.add(lambda: _insert_built(cr))
        cr.precommit.data[_BUILT] += drafts
    cr.cache.pop(_INSERTED, None)


def _insert_built(cr):
    drafts = cr.precommit.data.pop(_BUILT)
    if drafts:
        _insert(_env(cr), drafts)


def _emit(cr):
    current = cr.precommit.data.get(_ROUND)
    if current is None:  # its flow has ended before
        return
    if len(cr.precommit) and not current.is_deferred:
        # Other hooks (tracking messages) still write; what is built last is built once. Only once:
        # two hooks that wait for each other would never end.
        current.is_deferred = True
        cr.precommit.add(lambda: _emit(cr))
        return
    drafts = _finish_round(cr)
    if not drafts:
        return
    _insert(_env(cr), drafts)
    if _INSERTED not in cr.cache:
        cr.cache[_INSERTED] = {}
        cr.postcommit.add(lambda: cr.cache.pop(_INSERTED, None))
        cr.postrollback.add(lambda: cr.cache.pop(_INSERTED, None))
    cr.cache[_INSERTED].update({draft.event_id: draft for draft in drafts})


def _env(cr):
    return api.Environment(cr, SUPERUSER_ID, {"active_test": False})


def _finish_round(cr):
    """:return: the drafts of what was noted, built."""
    current = cr.precommit.data.pop(_ROUND)
    if current.refreshes:
        _refresh(_env(cr))
    cause = causality.current(cr)
    drafts = [Draft(d, res_id, event_id(), cause) for (_name, _version, res_id), d in current.noted.items()]
    return _build(_env(cr), drafts) if drafts else []


# unique index on event_id; whether it waits to be dispatched follows from whether it could be built
REBUILD = """
    WITH rebuilt AS (
        UPDATE integration_event SET data = %s, error = %s WHERE event_id = %s RETURNING id, error
    ), held AS (
        DELETE FROM integration_event_pending AS pending
              USING rebuilt
              WHERE pending.id = rebuilt.id AND rebuilt.error IS NOT NULL
    )
    INSERT INTO integration_event_pending (id)
         SELECT id FROM rebuilt WHERE error IS NULL
    ON CONFLICT (id) DO NOTHING
"""


def _refresh(env):
    """Build what was inserted earlier in this transaction anew; write what differs."""
    inserted = env.cr.cache.get(_INSERTED, {})
    before = {key: (draft.data, draft.error) for key, draft in inserted.items()}
    for draft in _build(env, list(inserted.values())):
        if before[draft.event_id] != (draft.data, draft.error):
            env.cr.execute(REBUILD, [draft.data, draft.error, draft.event_id])
            env["integration.event"].invalidate_model(["data", "error"], flush=False)


def _build(env, drafts):
    """Fill in the drafts; those whose record is gone, or that do not apply, are left out."""
    by_model = {}
    for draft in drafts:
        by_model.setdefault(draft.declaration.model, []).append(draft)
    existing = {
        model: {r.id: r for r in env[model].browse([d.res_id for d in group]).exists()}
        for model, group in by_model.items()
    }
    built = []
    for draft in drafts:
        record = existing[draft.declaration.model].get(draft.res_id)
        if record is not None and build_one(record, draft):
            built.append(draft)
    return built


def build_one(record, draft):
    """:return: whether the event applies to the record as it is now.

    A declaration that fails must not keep an order from being confirmed: the event is kept as
    ``unbuilt`` with the reason, and can be built once the reason is gone.
    """
    declaration = draft.declaration
    company = record.company_id if "company_id" in record._fields else record.env["res.company"]
    draft.company_id = company.id or record.env.company.id
    record = record.with_company(draft.company_id)
    try:
        if declaration.only_if and not declaration.only_if(record):
            return False
        data = declaration.build(record)
        draft.subject = draft.partition_key = str(reduce(getattr, declaration.key.split("."), data))
        draft.data = data.model_dump_json(exclude_none=True)
        draft.error = None
    except psycopg2.Error:
        raise  # the transaction is broken: Odoo retries it, or the user sees why
    except Exception as error:
        _logger.exception("event %s of %s could not be built", declaration.name, record)
        draft.subject = draft.partition_key = record.display_name
        draft.data, draft.error = None, f"{type(error).__name__}: {error}"[:2000]
    return True


INSERT = f"""
    {watermark.ENTER};
    WITH emitted AS (
        INSERT INTO integration_event
                    (event_id, type, version, company_id, subject, partition_key, data, error,
                     res_model, res_id, correlation_id, causation_id, traceparent, origin_system_id,
                     occurred_at)
             SELECT event.*, clock_timestamp() AT TIME ZONE 'UTC'
               FROM unnest(%s::varchar[], %s::varchar[], %s::int[], %s::int[], %s::varchar[],
                           %s::varchar[], %s::text[], %s::varchar[], %s::varchar[], %s::int[],
                           %s::varchar[], %s::varchar[], %s::varchar[], %s::int[])
                 AS event
          RETURNING id, error
    )
    INSERT INTO integration_event_pending (id)
         SELECT id FROM emitted WHERE error IS NULL
"""  # noqa: S608, a constant


def _insert(env, drafts):
    """One statement, whatever the number of events; and the engine hears of them."""
    rows = [
        (
            draft.event_id,
            draft.declaration.name,
            draft.declaration.version,
            draft.company_id,
            draft.subject,
            draft.partition_key,
            draft.data,
            draft.error,
            draft.declaration.model,
            draft.res_id,
            draft.cause.correlation_id or draft.event_id,
            draft.cause.causation_id,
            draft.cause.traceparent,
            draft.cause.origin_id,
        )
        for draft in drafts
    ]
    env.cr.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
    env["integration.worker"]._wake("outbox")
