"""An example of a JSON Schema, for partners who have not seen an event yet."""


def example(schema):
    """A value that fits ``schema`` as pydantic writes it: its own examples first, else something simple."""
    return _of(schema, schema.get("$defs", {}), 0)


def _of(schema, definitions, depth):
    if "$ref" in schema:
        return _of(definitions[schema["$ref"].rpartition("/")[2]], definitions, depth)
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if schema.get("default") is not None:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if choice.get("type") != "null":
            return _of(choice, definitions, depth)
    return _plain(schema, definitions, depth)


def _plain(schema, definitions, depth):
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("properties", {}) if depth < 8 else {}
        return {name: _of(part, definitions, depth + 1) for name, part in wanted.items()}
    if kind == "array":
        return [_of(schema.get("items", {}), definitions, depth + 1)] if depth < 8 else []
    if kind == "string":
        formats = {
            "date-time": "2026-11-21T06:00:00Z",
            "date": "2026-11-21",
            "uuid": "0190e4f0-0000-7000-8000-000000000000",
        }
        return formats.get(schema.get("format"), "text")
    if kind in ("number", "integer"):
        return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    return {"boolean": True, "null": None}.get(kind, {})
