"""Compatibility of two JSON Schemas of one contract: what was published, and what the code says now. Plain Python.

Compatible is what breaks nobody who relies on what was published: a field more that may be left out. For what
comes in, a field that had to be there may become optional; for what leaves, it may not.
"""

# Of a field's values: {keyword: a smaller number is narrower}
BOUNDS = {"maxLength": True, "maxItems": True, "maximum": True, "minLength": False, "minimum": False}


def breaks(published, current, direction="outbound"):
    """:return: a sentence for each way in which ``current`` breaks those who rely on ``published``."""
    return list(_compare(published, current, "", published, current, direction))


def _compare(was, now, path, published, current, direction):
    was, now = _resolved(was, published), _resolved(now, current)
    was, was_null = _without_null(was, published)
    now, now_null = _without_null(now, current)
    here = path or "the data"
    if _kind(was) != _kind(now):
        yield f"{here} was {_kind(was)} and is {_kind(now)} now."
        return
    if direction == "inbound" and was_null and not now_null:
        yield f"{here} may not be null any more."
    yield from _values(was, now, here, direction)
    yield from _members(was, now, path, published, current, direction)
    if "items" in was or "items" in now:
        yield from _compare(
            was.get("items", {}), now.get("items", {}), f"{path}[]", published, current, direction
        )


def _values(was, now, here, direction):
    before, after = _enum(was), _enum(now)
    if after is not None and before is None:
        yield f"{here} knows only {', '.join(map(repr, after))} now."
    elif before is not None and after is not None:
        gone = [value for value in before if value not in after]
        if gone:
            yield f"{here} does not know {', '.join(map(repr, gone))} any more."
    if direction != "inbound":
        return
    for bound, smaller_is_narrower in BOUNDS.items():
        old, new = was.get(bound), now.get(bound)
        if new is not None and (old is None or (new < old if smaller_is_narrower else new > old)):
            yield f"{here} has a narrower {bound}: {new}."
    if now.get("pattern") not in (None, was.get("pattern")):
        yield f"{here} has another pattern: {now['pattern']}."


def _members(was, now, path, published, current, direction):
    before, after = was.get("properties", {}), now.get("properties", {})
    required_before, required_after = set(was.get("required", ())), set(now.get("required", ()))
    for name, schema in before.items():
        inner = f"{path}.{name}" if path else name
        if name not in after:
            yield f"{inner} is gone."
            continue
        yield from _compare(schema, after[name], inner, published, current, direction)
        if direction == "outbound" and name in required_before - required_after:
            yield f"{inner} may be missing now."
    for name in after:
        if name in required_after - required_before:
            yield f"{path}.{name} is required now.".lstrip(".")


def _resolved(schema, document):
    while "$ref" in schema:
        target = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema


def _without_null(schema, document):
    """:return: the schema without the possibility of null, and whether there was one."""
    options = schema.get("anyOf")
    if not options:
        return schema, False
    left = [option for option in options if option.get("type") != "null"]
    is_null = len(left) < len(options)
    return (_resolved(left[0], document), is_null) if len(left) == 1 else ({"anyOf": left}, is_null)


def _enum(schema):
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _kind(schema):
    if "anyOf" in schema:
        return " or ".join(sorted(_kind(option) for option in schema["anyOf"]))
    kind = schema.get("type", "anything" if "$ref" not in schema else "object")
    return f"{kind} ({schema['format']})" if "format" in schema else kind
