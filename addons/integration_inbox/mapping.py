"""Mapping of a request body to events by the JSONata expression of an endpoint.

It reads the document, ``$headers`` (names in lower case) and the sender's code lists with ``$code``. It yields an event, or a list of them that
belong together: they are applied in one transaction, or none is::

    {"type": "execution.operation.completed", "subject": order, "sequence": number,
     "data": {"order": order, "good": {"value": $number(qty)}}}
"""

import json

from odoo.addons.integration_core.policy.expression import ExpressionFailed, compiled
from odoo.addons.integration_core.wire import cloudevents

MEMBERS = {
    "type", "version", "id", "source", "subject", "time", "sequence", "partitionkey", "correlationid", "data",
}  # fmt: skip
MOST_EVENTS = 1000


class MappingFailed(Exception):
    """The mapping makes no event of this document. The text says why, for whoever wrote it."""


def mapped(text, document, headers, source, code=None):
    """The events that the mapping ``text`` makes of a document.

    :param source: of those that name none. :param code: the function ``$code`` of the sender's code lists.
    :return: a list of structured CloudEvents, not yet checked; empty where the mapping wants nothing of it.
    :raises MappingFailed: it fails, or yields something that is no event.
    """
    try:
        value = compiled(text).value_of(document, headers=headers, **({"code": code} if code else {}))
        # Through JSON: what it yields may be of the evaluator's own types.
        value = json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except (ValueError, TypeError, ExpressionFailed) as error:
        raise MappingFailed(str(error)) from error
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_EVENTS:
        raise MappingFailed(f"it yields more than {MOST_EVENTS} events")
    return [_event(one, source, position) for position, one in enumerate(values, 1)]


def _event(value, source, position):
    if not isinstance(value, dict):
        raise MappingFailed("it has to yield an object with type and data, or a list of them")
    unknown = sorted(value.keys() - MEMBERS)
    if unknown:
        raise MappingFailed(f"it yields {unknown[0]!r}, which is no member of an event")
    version = value.pop("version", None)
    if version is not None:
        if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= 9999:
            raise MappingFailed("'version' has to be a whole number from 1 up")
        value["dataschema"] = cloudevents.DATASCHEMA.format(name=value.get("type"), version=version)
    for name in ("id", "subject", "partitionkey", "correlationid"):
        if isinstance(value.get(name), (int, float)) and not isinstance(value[name], bool):
            value[name] = str(value[name])
    value = {name: member for name, member in value.items() if member is not None}
    return {"specversion": cloudevents.SPEC_VERSION, "id": str(position), "source": source, **value}


def checked(events):
    """The events with their attributes checked and read, as :func:`cloudevents.parse` gives them.

    :raises MappingFailed: an attribute is missing or of the wrong kind.
    """
    try:
        return [cloudevents.parse(event) for event in events]
    except cloudevents.NotACloudEvent as error:
        raise MappingFailed(str(error).replace("CloudEvents attribute", "member")) from error
