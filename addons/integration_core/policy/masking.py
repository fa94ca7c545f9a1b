"""What of a payload is shown to whom: values are masked, names and shape stay, so that it can be checked.

A canonical model says of a field that it is ``personal`` or ``confidential``::

    operator: str = Field(json_schema_extra={"data_class": "personal"})
"""

import json

# The later, the stricter.
CLASSES = ("public", "internal", "confidential", "personal")
HIDDEN_CLASSES = ("personal", "confidential")
MASK = "•••"
# Values of so many characters are masked where an answer quotes them.
SHORTEST_QUOTED = 3


class _Everything:
    def __repr__(self):
        return "EVERYTHING"


EVERYTHING = _Everything()


def hidden(models, data_classes):
    """What of events of these canonical models not everybody may see.

    :param data_classes: of the event types as a whole.
    :return: :data:`EVERYTHING`, a set of field names, or ``None`` where everything may be seen.
    """
    if any(data_class in HIDDEN_CLASSES for data_class in data_classes):
        return EVERYTHING
    names = set()
    for model in models:
        _collect(_schema(model), names)
    return names or None


def is_personal(model, data_class):
    """Whether events of this canonical model tell of people."""
    names = set()
    _collect(_schema(model), names, ("personal",))
    return data_class == "personal" or bool(names)


def strictest(model, data_class):
    """The strictest class of an event of this canonical model: of the whole, or of one of its fields."""
    found = {data_class or CLASSES[0]}
    for name in HIDDEN_CLASSES:
        names = set()
        _collect(_schema(model), names, (name,))
        if names:
            found.add(name)
    return max(found, key=CLASSES.index)


def _schema(model):
    """A declaration may also name a plain ``dict``: nothing is known of its fields."""
    return model.model_json_schema() if hasattr(model, "model_json_schema") else {}


def _collect(schema, names, classes=HIDDEN_CLASSES):
    if isinstance(schema, dict):
        for name, field in (schema.get("properties") or {}).items():
            if isinstance(field, dict) and field.get("data_class") in classes:
                names.add(name)
        for part in schema.values():
            _collect(part, names, classes)
    elif isinstance(schema, list):
        for part in schema:
            _collect(part, names, classes)


def masked(text, names):
    """``text`` (JSON with line breaks) with the values of these fields masked; what is no JSON all of it.

    :param names: what :func:`hidden` said.
    """
    if names is None or not text:
        return text
    try:
        document = json.loads(text)
    except ValueError:
        return MASK
    if names is EVERYTHING and isinstance(document, dict) and "data" in document:
        shown = {**document, "data": _blank(document["data"])}  # a CloudEvent's attributes are no secret
    elif names is EVERYTHING:
        shown = _blank(document)
    else:
        shown = _without(document, names)
    return json.dumps(shown, indent=2, ensure_ascii=False)


def masked_answer(text, names, data):
    """What a partner answered to ``data``, masked like it: its fields by name, and their values wherever quoted.

    :param names: what :func:`hidden` said. :param data: the payload as JSON. What is no JSON is masked whole.
    """
    if names is None or not text:
        return text
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return MASK
    if names is EVERYTHING:
        shown = _blank(document)
    else:
        shown = _without_values(_without(document, names), _values_of(data, names))
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _values_of(data, names):
    """The texts of the hidden fields, the longest first; of what is shorter, too much would be masked."""
    try:
        document = json.loads(data or "")
    except ValueError:
        return []
    found = set()

    def collect(part, is_hidden):
        if isinstance(part, dict):
            for name, value in part.items():
                collect(value, is_hidden or name in names)
        elif isinstance(part, list):
            for value in part:
                collect(value, is_hidden)
        elif (
            is_hidden
            and part is not None
            and not isinstance(part, bool)
            and len(str(part)) >= SHORTEST_QUOTED
        ):
            found.add(str(part))

    collect(document, False)
    return sorted(found, key=len, reverse=True)


def _without_values(part, values):
    if isinstance(part, dict):
        return {_without_values(n, values): _without_values(v, values) for n, v in part.items()}
    if isinstance(part, list):
        return [_without_values(value, values) for value in part]
    if isinstance(part, str):
        for value in values:
            part = part.replace(value, MASK)
        return part
    return MASK if not isinstance(part, bool) and str(part) in values else part


def _blank(part):
    if isinstance(part, dict):
        return {name: _blank(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_blank(value) for value in part]
    return MASK if part not in (None, "") else part


def _without(part, names):
    if isinstance(part, dict):
        return {n: _blank(v) if n in names else _without(v, names) for n, v in part.items()}
    if isinstance(part, list):
        return [_without(value, names) for value in part]
    return part
