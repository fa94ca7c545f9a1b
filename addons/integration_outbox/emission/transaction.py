"""What one transaction changes, and the events that follow from it.

What is written to the tables is recorded while the transaction runs. Right before it commits, each watched
record is compared as it was found with as it is left: so a state that was entered and left again is no event.
Then the events are built and inserted.

``cr.precommit.data`` holds what is recorded; Odoo empties it when a savepoint is rolled back, so an event is
never emitted for a change that was undone. How records were found does not change with that, and is kept in
``cr.cache``. A savepoint that is entered runs the precommit hooks too: events are then inserted earlier.
Whatever is written afterwards has them built anew, or taken back where they are no event any more, so that
they describe the records as committed.

Events are told in this order, of which a partner that keeps order per key hears cause before consequence:

1. objects before their parts (``part_of`` of the declaration): the order, then its operations;
2. models in the order in which modules declare events of them, records of one in the order of their creation;
3. of one record, in the order of its declarations: the order of its life.
"""

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

from odoo.addons.integration_core import causality, declare
from odoo.addons.integration_core.business_records import is_business
from odoo.addons.integration_core.declare.normal_form import normal

from . import rows
from .draft import Draft, build, build_one, event_id

_ROUND = "integration_outbox.round"
_BUILT = "integration_outbox.built"
_SPAN = "integration_outbox.span"
_SILENT = "integration_outbox.silent"
# Of an import or a migration that partners are not to hear of.
OPT_OUT = "integration_no_events"


@dataclass
class _Span:
    """The time in which changes are compared: a transaction, or what one of its messages leads to.

    :ivar found: ``{model: {id: {field: value}}}``, as the span found them; ``declare.NEW`` what it created.
    :ivar inserted: ``{event id: draft}`` of events that were inserted before the span's end.
    """

    found: dict = field(default_factory=lambda: defaultdict(dict))
    inserted: dict = field(default_factory=dict)


@dataclass
class _Round:
    """What one run of the precommit hooks has to look at; thrown away with it, and by a rollback.

    :ivar left: ``{model: {id: {field: value}}}`` as written last. :ivar drafts: made while records were there.
    """

    left: dict = field(default_factory=lambda: defaultdict(dict))
    noted: dict = field(default_factory=dict)
    drafts: list = field(default_factory=list)
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


# -- what happens --------------------------------------------------------------------------------------------


def note(env, declaration, ids):
    """Emit ``declaration`` for these records when the transaction commits; once per record."""
    noted = _round(env.cr).noted
    for res_id in ids:
        noted[declaration.name, declaration.version, res_id] = declaration


def values_needed(records, fields):
    """The records whose values have to be read before ``fields`` are overwritten: how they were found.

    Translations are written one by one: what they are merged with is always read.
    """
    if any(records._fields[name].translate for name in fields):
        return records._ids
    found = _span(records.env.cr).found[records._name]
    return [id_ for id_ in records._ids if id_ not in found or not _knows(found[id_], fields)]


def _knows(values, fields):
    return values is declare.NEW or all(name in values for name in fields)


def note_written(records, fields, before, vals_list):
    """:param before: ``{id: {field: value}}`` as read from the table, of :func:`values_needed`."""
    cr, model = records.env.cr, records._fields
    found, left = _span(cr).found[records._name], _round(cr).left[records._name]
    for record_id, vals in zip(records._ids, vals_list, strict=True):
        start = found.setdefault(record_id, {})
        end = left.setdefault(record_id, {})
        read = before.get(record_id, {})
        for name in fields:
            if name not in vals:
                continue
            current = normal(model[name], read.get(name))
            if start is not declare.NEW and name not in start:
                start[name] = current
            end[name] = normal(model[name], vals[name], current)


def note_created(records, watched, data_list):
    cr, model = records.env.cr, records._fields
    found, left = _span(cr).found[records._name], _round(cr).left[records._name]
    for record_id, data in zip(records._ids, data_list, strict=True):
        found[record_id] = declare.NEW
        stored = data["stored"]
        left[record_id] = {name: normal(model[name], stored[name]) for name in watched.keys() & stored.keys()}
        left[record_id][declare.CREATED] = True


def note_deleted(records, watched):
    """Build what a deletion is to tell, while the records are there."""
    cr, env = records.env.cr, _env(records.env.cr)
    found = _span(cr).found[records._name]
    for trigger, declaration in watched[declare.DELETED]:
        for record in env[records._name].browse(records._ids).exists():
            if found.get(record.id) is declare.NEW:
                continue
            if trigger.via:
                note(env, declaration, record.mapped(trigger.via).ids)
                continue
            draft = Draft(declaration, record.id, event_id(), is_final=True)
            if build_one(record, draft):
                _round(cr).drafts.append(draft)


def touched(model):
    """Something was written: what was inserted earlier in this transaction may be out of date."""
    cr = model.env.cr
    span = cr.cache.get(_SPAN)
    if span is not None and span.inserted and is_business(model._name):
        _round(cr).refreshes = True


def forget(cr):
    """The transaction is over: what follows is compared with how it is then."""
    cr.cache.pop(_SPAN, None)


def _span(cr):
    span = cr.cache.get(_SPAN)
    if span is None:
        span = cr.cache[_SPAN] = _Span()
        cr.postcommit.add(lambda: forget(cr))
        cr.postrollback.add(lambda: forget(cr))
    return span


def _round(cr):
    current = cr.precommit.data.get(_ROUND)
    if current is None:
        current = cr.precommit.data[_ROUND] = _Round()
        cr.precommit.add(lambda: _emit(cr))
        causality.at_end(cr, lambda: _end_cause(cr))
    return current


# -- what follows from it ------------------------------------------------------------------------------------


def _end_cause(cr):
    """What one of several messages in a transaction led to is told as it was when that message was done.

    The rows of all of them are one statement, when the transaction commits or a savepoint is entered.
    """
    if _ROUND in cr.precommit.data:
        drafts = _finish_round(cr)
        if _BUILT not in cr.precommit.data:
            cr.precommit.data[_BUILT] = []
            cr.precommit.add(lambda: _insert_built(cr))
        cr.precommit.data[_BUILT] += drafts
    span = cr.cache.pop(_SPAN, None)
    if span is not None and span.inserted:
        _mark_echoes(cr, span.inserted.values())


def _mark_echoes(cr, drafts):
    """Which records a message touched is known when its handlers have returned: some rows are there already."""
    echoes = [draft for draft in drafts if not draft.is_echo and _is_echo(cr, draft)]
    if echoes:
        rows.mark_echo(cr, echoes)


def _is_echo(cr, draft):
    return causality.is_echo(cr, draft.declaration.name, draft.declaration.model, draft.res_id)


def _insert_built(cr):
    drafts = cr.precommit.data.pop(_BUILT)
    if drafts:
        _insert(_env(cr), drafts)


def _emit(cr):
    current = cr.precommit.data.get(_ROUND)
    if current is None:  # its cause has ended before
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
    _span(cr).inserted.update({draft.event_id: draft for draft in drafts})


def _insert(env, drafts):
    rows.insert(env, drafts, lambda draft: not declare.rank(env.registry, draft.declaration).is_newest)


def _env(cr):
    return api.Environment(cr, SUPERUSER_ID, {"active_test": False})


def _finish_round(cr):
    """:return: the drafts of what took place, built, in the order in which they are told."""
    current = cr.precommit.data.pop(_ROUND)
    env, span = _env(cr), _span(cr)
    drafts = _drafts(env, span, current)
    if span.inserted:
        drafts = _without_inserted(env, span, drafts, current.refreshes)
    if not drafts:
        return drafts
    drafts = _in_order(env.registry, build(env, _of_wanted_versions(env, drafts)))
    for draft in drafts:
        draft.is_echo = _is_echo(cr, draft)
    return drafts


def _drafts(env, span, current):
    cause = causality.current(env.cr)
    drafts = {}

    def draft_of(declaration, res_id):
        key = declaration.name, declaration.version, res_id
        if key not in drafts:
            drafts[key] = Draft(declaration, res_id, event_id(), cause)
        return drafts[key]

    for (_name, _version, res_id), declaration in current.noted.items():
        draft_of(declaration, res_id)
    for trigger, declaration, model, record_id in _took_place(env.registry, span, current):
        ids = (record_id,)
        if trigger.via:
            ids = env[model].browse(record_id).exists().mapped(trigger.via).ids
        for res_id in ids:
            draft_of(declaration, res_id).sources.append((trigger, model, record_id))
    for draft in current.drafts:
        draft.cause = cause
    return [*drafts.values(), *current.drafts]


def _took_place(pool, span, current):
    for model, records in current.left.items():
        watched = declare.watched(pool).get(model, {})
        found = span.found[model]
        for record_id, after in records.items():
            before = found.get(record_id, {})
            for name in after:
                for trigger, declaration in watched.get(name, ()):
                    if trigger.took_place(before, after):
                        yield trigger, declaration, model, record_id


def _in_order(pool, drafts):
    def place(draft):
        rank = declare.rank(pool, draft.declaration)
        return rank.depth, rank.model, draft.res_id, rank.position

    return sorted(drafts, key=place)


def _of_wanted_versions(env, drafts):
    """Each event in its newest version, and in those that a subscription is pinned to."""
    older = {d.declaration.name for d in drafts if not declare.rank(env.registry, d.declaration).is_newest}
    if not older:
        return drafts
    pinned = rows.pinned(env.cr, older)
    return [
        draft
        for draft in drafts
        if declare.rank(env.registry, draft.declaration).is_newest
        or (draft.declaration.name, draft.declaration.version) in pinned
    ]


# -- what was inserted before the end ------------------------------------------------------------------------


def _without_inserted(env, span, drafts, refreshes):
    """Leave out what is a row already; and have rows say what is true now.

    :return: the drafts that are none yet.
    """
    known = rows.known(env.cr, span.inserted)
    there = {draft.key: draft for event_id_, draft in span.inserted.items() if event_id_ in known}
    fresh = []
    for draft in drafts:
        if draft.key in there:
            there[draft.key].sources += draft.sources
        else:
            fresh.append(draft)
    if refreshes:
        _refresh(env, span, list(there.values()), known)
    return fresh


def _refresh(env, span, drafts, known):
    """Build what was inserted earlier in this transaction anew; write what differs, take back what is untrue."""
    holding = build(env, _still_true(env, span, drafts))
    gone = [draft for draft in drafts if draft not in holding]
    if gone:
        rows.take_back(env.cr, gone)
    changed = [draft for draft in holding if draft.content != known[draft.event_id]]
    for draft in changed:
        rows.rebuild(env.cr, draft)
    if gone or changed:
        env["integration.event"].invalidate_model(flush=False)


def _still_true(env, span, drafts):
    """Those of which any of what made them an event is true of the records as they are now."""
    now = _as_they_are(env, [source for draft in drafts for source in draft.sources])

    def holds(trigger, model, record_id):
        after = now.get((model, record_id))
        return after is not None and trigger.took_place(span.found[model].get(record_id, {}), after)

    return [d for d in drafts if not d.sources or any(holds(*source) for source in d.sources)]


def _as_they_are(env, sources):
    """The watched values of these records in the tables; ``{(model, id): {field: value}}``, without those gone."""
    wanted = {}
    for trigger, model, record_id in sources:
        ids, names = wanted.setdefault(model, (set(), set()))
        ids.add(record_id)
        names.update(name for name in trigger.fields if name in env[model]._fields)
    found = {}
    for model, (ids, names) in wanted.items():
        names, known = sorted(names), env[model]._fields
        env.cr.execute(
            SQL(
                "SELECT %s FROM %s WHERE id IN %s",
                SQL(", ").join(SQL.identifier(name) for name in ["id", *names]),
                SQL.identifier(env[model]._table),
                tuple(ids),
            )
        )
        for record_id, *values in env.cr.fetchall():
            found[model, record_id] = {
                declare.CREATED: True,
                **{name: normal(known[name], value) for name, value in zip(names, values, strict=True)},
            }
    return found
