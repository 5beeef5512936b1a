"""Schemas: a resource's fields as JSON Schema (2020-12, the dialect of OpenAPI 3.1)."""

from typing import Any

from estuary.core.field import MAX_SAFE_INTEGER, Field, Kind
from estuary.core.resource import Resource

Schema = dict[str, Any]

_NO_NUL = "^[^\\x00]*$"
_SOMETHING_VISIBLE = "^[^\\x00]*[^\\s\\x00][^\\x00]*$"
_NUL, _HIDDEN = "\\x00", "^\\s*$|\\x00"
"""Written as ECMAScript, PCRE, RE2 and Python all read it: `\\u` is not known to each."""

TIME: Schema = {"type": "string", "format": "date-time"}


def record_schema(resource: Resource) -> Schema:
    """A record as it is served: every field is always there."""
    properties: Schema = {"id": {"type": "string", "format": "uuid", "readOnly": True}}
    properties |= {field.name: _served(field, resource) for field in resource.fields}
    for name, meaning in (("created_at", "When it was created"), ("updated_at", "When it last changed")):
        told = f"{meaning}, in UTC, with six digits of a second's fraction."
        properties[name] = TIME | {"readOnly": True, "description": told}
    return _object(properties, list(properties), resource.description)


def draft_schema(resource: Resource) -> Schema:
    """What a create request holds."""
    properties = {field.name: _accepted(field, resource) for field in resource.fields}
    required = [field.name for field in resource.fields if field.required]
    return _object(properties, required, f"A new {resource.singular}. Unknown fields are ignored.")


def changes_schema(resource: Resource) -> Schema:
    """What an update request holds: a field that is absent or null stays as it is."""
    properties = {field.name: _nullable(_accepted(field, resource)) for field in resource.fields}
    told = "The fields to change. A field that is absent or null stays as it is"
    if any(field.kind is Kind.TEXT and field.optional for field in resource.fields):
        told += '; an empty text ("") clears an optional text'
    return _object(properties, [], f"{told}. Unknown fields are ignored.")


def choice_schemas(resource: Resource) -> Schema:
    """The choices of a resource's fields, by name: one type for a generator, wherever the field stands."""
    return {
        _choice_name(field, resource): {"type": "string", "enum": list(field.choices)} | _described(field)
        for field in resource.fields
        if field.kind is Kind.CHOICE
    }


def _choice_name(field: Field, resource: Resource) -> str:
    words = "".join(word.capitalize() for word in field.name.split("_"))
    return f"{resource.value_type.__name__}{words}Choice"


def _object(properties: Schema, required: list[str], description: str) -> Schema:
    schema: Schema = {"type": "object", "description": description, "properties": properties}
    return schema | {"required": required} if required else schema


def _served(field: Field, resource: Resource) -> Schema:
    schema = _typed(field, resource)
    return _nullable(schema) if field.optional else schema


def _accepted(field: Field, resource: Resource) -> Schema:
    schema = _typed(field, resource)
    if field.kind is Kind.TEXT:
        schema |= _text_patterns(field)
        if field.optional:
            # Nothing but white space stands for null, whatever the rules of the text are.
            schema.pop("minLength", None)
    return _nullable(schema) if field.optional else schema


def _nullable(schema: Schema) -> Schema:
    """The schema with null allowed; a format stays beside its own type, for null has none."""
    kind = schema.get("type")
    if "$ref" in schema or ("format" in schema and kind == "string"):
        return {"anyOf": [schema, {"type": "null"}]}
    return schema | {"type": [kind, "null"]} if isinstance(kind, str) else schema


def _typed(field: Field, resource: Resource) -> Schema:
    if field.kind is Kind.CHOICE:
        return {"$ref": f"#/components/schemas/{_choice_name(field, resource)}"}
    return _described(field) | _bounded(field)


def _described(field: Field) -> Schema:
    return {"description": field.description} if field.description else {}


def _bounded(field: Field) -> Schema:
    """Type and bounds, the same in both directions."""
    schema: Schema = {}
    match field.kind:
        case Kind.TEXT:
            schema |= {"type": "string"} | _given(minLength=field.min_length, maxLength=field.max_length)
        case Kind.INTEGER:
            schema |= {"type": "integer", "format": "int64"} | _integer_bounds(field)
        case Kind.FLOAT:
            schema |= {"type": "number", "format": "double"} | _number_bounds(field)
        case Kind.BOOLEAN:
            schema |= {"type": "boolean"}
        case Kind.TIMESTAMP:
            schema |= TIME
        case Kind.TEXT_LIST:
            entry = field.entry or Field(name=field.name, kind=Kind.TEXT)
            items = _bounded(entry) | _text_patterns(entry)
            schema |= {"type": "array", "items": items}
            schema |= _given(minItems=field.min_length, maxItems=field.max_length)
    return schema


def _text_patterns(field: Field) -> Schema:
    """What trimming leaves must be long enough, hold no NUL, and match the declared pattern."""
    visible = bool(field.min_length) and not field.optional
    if field.pattern is None:
        return {"pattern": _SOMETHING_VISIBLE if visible else _NO_NUL}
    declared = f"^\\s*$|{field.pattern}" if field.optional else field.pattern
    # Not `allOf`, of which generators make a type of its own.
    return {"pattern": declared, "not": {"type": "string", "pattern": _HIDDEN if visible else _NUL}}


def _number_bounds(field: Field) -> Schema:
    return _given(
        minimum=field.minimum,
        maximum=field.maximum,
        exclusiveMinimum=field.exclusive_minimum,
        exclusiveMaximum=field.exclusive_maximum,
    )


def _integer_bounds(field: Field) -> Schema:
    """Integers are bounded by what every JSON reader keeps exact, unless declared tighter."""
    bounds = _number_bounds(field)
    if "exclusiveMinimum" not in bounds:
        bounds.setdefault("minimum", -MAX_SAFE_INTEGER)
    if "exclusiveMaximum" not in bounds:
        bounds.setdefault("maximum", MAX_SAFE_INTEGER)
    return bounds


def _given(**bounds: Any) -> Schema:
    return {name: bound for name, bound in bounds.items() if bound is not None}
