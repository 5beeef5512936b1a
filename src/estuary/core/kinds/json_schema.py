"""JSON Schema (2020-12), as far as kinds and documents write it alike."""

from typing import Any


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with null allowed; a format stays beside its own type, for null has none."""
    kind = schema.get("type")
    if "$ref" in schema or ("format" in schema and kind == "string"):
        return {"anyOf": [schema, {"type": "null"}]}
    return schema | {"type": [kind, "null"]} if isinstance(kind, str) else schema
