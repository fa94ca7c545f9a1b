"""Guard of the writes of a message: systems of record, and the changes of a dry run.

A field that another system owns is not overwritten: the write is dropped and noted, or the message is
refused. In a rehearsal everything that reaches the tables is noted, to be shown after it was undone.
What another message of the transaction wrote to a record reaches its table before this one writes there:
were it overwritten first, the table's rules would never see it.
"""

from collections import defaultdict
from contextlib import contextmanager

from odoo.addons.integration_core.business_records import is_business
from odoo.addons.integration_core.errors import RejectMessage

_KEY = "integration_inbox.guard"
TECHNICAL = {"id", "create_uid", "create_date", "write_uid", "write_date", "parent_path"}
LONGEST_VALUE = 200


def current(cr):
    return cr.cache.get(_KEY)


@contextmanager
def guarded(message, is_shadow=False):
    """Look at what is written while ``message`` is applied. :return: a :class:`Guard`."""
    cr = message.env.cr
    guard = Guard(message, is_shadow)
    cr.cache[_KEY] = guard
    try:
        yield guard
    finally:
        cr.cache.pop(_KEY, None)


class Guard:
    """:ivar notes: what was dropped, a sentence each."""

    def __init__(self, message, is_shadow):
        self.env = message.env
        self.system = message.system_id
        self.is_shadow = is_shadow
        self.owned = message.env["integration.ownership"]._owned(message.company_id.id)
        self.notes = []
        self.changed = {}  # {(model, id, field): [before, after]}
        self.created, self.deleted = [], []
        self._seen = defaultdict(set)  # {model: ids that this message wrote to}

    def allowed(self, records, vals):
        """``vals`` without what the sender does not own.

        :raises RejectMessage: an owner's field may not even be sent.
        """
        self._settle_earlier(records)
        if self.is_shadow:
            self._note_links(records, vals)
        if not self.owned:
            return vals
        foreign = {}
        for name in vals:
            owner = self.owned.get((records._name, name))
            if owner and owner.system_id != self.system.id:
                foreign[name] = owner
        for name, owner in foreign.items():
            text = self.env._(
                "%(field)s of %(record)s was not changed by %(sender)s: its system of record is %(owner)s.",
                field=records._fields[name]._description_string(self.env),
                record=", ".join(records.sudo().mapped("display_name"))[:LONGEST_VALUE],
                owner=owner.name or self.env._("Odoo"),
                sender=self.system.name,
            )
            if owner.policy == "refuse":
                raise RejectMessage(text)
            self.notes.append(text)
        return {name: value for name, value in vals.items() if name not in foreign}

    def _settle_earlier(self, records):
        seen, new = self._seen[records._name], set(records._ids)
        if new <= seen:
            return
        for field, ids in records.env.transaction.field_dirty.items():
            if field.model_name == records._name and not new.isdisjoint(ids):
                records.env.flush_all()
                break
        seen |= new

    # -- rehearsal -------------------------------------------------------------------------------

    def watches(self, model):
        return self.is_shadow and is_business(model)  # what a person compares

    def note_change(self, model, record_id, before, after):
        """:param before: :param after: ``{column: value}``."""
        for name in after.keys() - TECHNICAL:
            known = self.changed.setdefault((model, record_id, name), [before.get(name), None])
            known[1] = after[name]

    def note_created(self, records):
        self.created += [(records._name, record_id) for record_id in records._ids]

    def note_deleted(self, records):
        for record in records.sudo():
            self.deleted.append((records._description, record.display_name))

    def _note_links(self, records, vals):
        for name in vals:
            field = records._fields.get(name)
            if field and field.type == "many2many" and self.watches(records._name):
                for record in records.sudo():
                    known = self.changed.setdefault((records._name, record.id, name), [None, None])
                    known[0] = known[0] or list(record[name].ids)

    def difference(self):
        """What would change, before it is rolled back: ``[{kind, model, record, field, before, after}, …]``."""
        new = set(self.created)
        lines = [self._line("created", model, record_id) for model, record_id in self.created]
        for (model, record_id, name), (before, after) in self.changed.items():
            field = self.env[model]._fields.get(name)
            if field is None or (model, record_id) in new:
                continue
            if field.type == "many2many":
                after = list(self.env[model].sudo().browse(record_id)[name].ids)
            shown = self._shown(field, before), self._shown(field, after)
            if shown[0] != shown[1]:
                lines.append(
                    self._line("changed", model, record_id)
                    | {"field": field._description_string(self.env), "before": shown[0], "after": shown[1]}
                )
        return lines + [
            {"kind": "deleted", "model": description, "record": name} for description, name in self.deleted
        ]

    def _line(self, kind, model, record_id):
        record = self.env[model].sudo().browse(record_id).exists()
        line = {"kind": kind, "model": self.env[model]._description}
        return line | {"record": record.display_name if record else f"{model} {record_id}"}

    def _shown(self, field, value):
        """A column's value as people read it."""
        if isinstance(value, dict):  # a translated text
            value = value.get(self.env.lang or "en_US") or next(iter(value.values()), None)
        if value is None or value is False and field.type != "boolean":
            return ""
        if field.type in ("many2one", "many2many") and field.comodel_name in self.env:
            ids = value if isinstance(value, list) else [value]
            records = self.env[field.comodel_name].sudo().browse(ids).exists()
            return ", ".join(records.mapped("display_name"))[:LONGEST_VALUE]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, str(value))
        return str(value)[:LONGEST_VALUE]
