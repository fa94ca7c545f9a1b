"""A draft: an event that is about to be a row."""

import os
import time
from dataclasses import dataclass, field
from functools import reduce

import psycopg2

from odoo.addons.integration_core import causality, declare, logs

_logger = logs.get_logger(__name__)


@dataclass
class Draft:
    """An event that is about to be a row.

    :ivar sources: what made it an event, as ``(trigger, model, id)``; none where it was asked for.
    :ivar is_final: its record is about to go, so its data stays as it is.
    """

    declaration: declare.EventDeclaration
    res_id: int
    event_id: str
    cause: causality.Cause = causality.Cause()
    sources: list = field(default_factory=list)
    is_final: bool = False
    is_echo: bool = False
    company_id: int | None = None
    subject: str = ""
    partition_key: str = ""
    data: str | None = None
    error: str | None = None

    @property
    def key(self):
        """What is emitted once in a transaction."""
        return self.declaration.name, self.declaration.version, self.res_id

    @property
    def content(self):
        return self.company_id, self.subject, self.partition_key, self.data, self.error


def event_id():
    """A UUID version 7 (RFC 9562, section 5.7): in order of time, so that its index stays warm."""
    bits = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    bits = bits & ~(0xF << 76) | 7 << 76
    bits = bits & ~(0b11 << 62) | 0b10 << 62
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def build(env, drafts):
    """Fill in the drafts. :return: those that apply; not those whose record is gone."""
    by_model = {}
    for draft in drafts:
        if not draft.is_final:
            by_model.setdefault(draft.declaration.model, []).append(draft.res_id)
    existing = {model: {r.id: r for r in env[model].browse(ids).exists()} for model, ids in by_model.items()}
    built = []
    for draft in drafts:
        if draft.is_final:
            built.append(draft)
            continue
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
    draft.company_id = _company(record, declaration.company).id or None
    record = record.with_company(draft.company_id or record.env.company.id)
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


def _company(record, path):
    """The company that a record belongs to; none where every company may see it."""
    if not path or (path == "company_id" and path not in record._fields):
        return record.env["res.company"]
    return record[path] if path == "company_id" else record.mapped(path)[:1]
