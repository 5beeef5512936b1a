"""Lists in the OpenAPI document: their parameters and answers."""

from collections.abc import Iterator
from typing import Any, Final

from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import Operator
from estuary.core.queries.indexes import MAX_SORT_KEYS
from estuary.core.queries.query import DEFAULT_LIMIT
from estuary.core.resource import Resource
from estuary.http.openapi.names import component_of
from estuary.http.openapi.schemas import Schema, part_schema
from estuary.http.records.cursors import MAX_LENGTH
from estuary.http.records.list_parameters import RESERVED
from estuary.http.records.list_request import (
    COUNTS,
    MAX_COMPARISONS,
    MAX_LIMIT,
    MAX_OFFSET,
    MAX_VALUES,
    MIN_LIMIT,
    OWNER,
)
from estuary.http.records.projection import Projections
from estuary.http.records.query_conditions import MAX_DEPTH

QUERY_TWIN: Final = (
    "What `QUERY` (RFC 10008) on the collection itself does, with the same body, for clients that cannot "
    "send that method. It reads, and needs the rights that reading needs."
)
_MANY_ATTRIBUTES: Final = 40
"""With more of them, a document that listed each with each operator would have hundreds of kilobytes."""
_LIMIT: Final[Schema] = {"type": "integer", "minimum": MIN_LIMIT, "maximum": MAX_LIMIT}
_OFFSET: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET}
_OWNERS: Final = "Whose records are meant, of all owners': for administrators, others may name none."
_MEANINGS: Final = {
    Operator.EQ: "equals this",
    Operator.NE: "does not equal this, or is null",
    Operator.IN: "equals one of these",
    Operator.LT: "is less than this",
    Operator.LTE: "is less than this, or equal",
    Operator.GT: "is greater than this",
    Operator.GTE: "is greater than this, or equal",
    Operator.PREFIX: "begins with this; ASCII letters in either case",
    Operator.CONTAINS: "contains this; ASCII letters in either case",
    Operator.HAS: "has this entry",
    Operator.NULL: "is null, or is not",
}


def list_parameters(resource: Resource) -> list[Schema]:
    """The query parameters of a list."""
    return [*_paging(resource), OWNER_PARAMETER, *_conditions(resource)]


def fields_parameter(resource: Resource) -> Schema:
    """The parameter that says which fields are shown."""
    description = "The fields to show, with commas between; `id` is always there. All of them without it."
    names = "|".join(Projections(resource).names)
    return parameter(
        "fields", "query", {"type": "string", "pattern": f"^({names})(,({names}))*$"}, description
    )


def list_schemas(resource: Resource) -> Schema:
    """The schemas of a query, and of a list's answers."""
    name = resource.value_type.__name__
    items = {"type": "array", "items": reference(name)}
    total: Schema = {"type": "integer", "minimum": 0}
    exceeded: Schema = {
        "type": "boolean",
        "const": True,
        "description": "That there are more than `total`, where counting ended.",
    }
    cursor: Schema = {"type": ["string", "null"], "maxLength": MAX_LENGTH}
    return {
        f"{name}Condition": _condition_schema(resource),
        f"{name}Query": {
            "type": "object",
            "description": f"What is asked of the {resource.name}.",
            "properties": {"where": reference(f"{name}Condition")} | _paging_properties(resource),
            "additionalProperties": False,
        },
        f"{name}Part": part_schema(resource),
        f"{name}List": {
            "type": "object",
            "description": "A slice by offset.",
            "required": ["items", "total", "limit", "offset"],
            "properties": {
                "items": items,
                "total": total,
                "limit": _LIMIT,
                "offset": _OFFSET,
                "total_exceeded": exceeded,
            },
        },
        f"{name}Page": {
            "type": "object",
            "description": "A page by cursor; `next_cursor` is null on the last.",
            "required": ["items", "limit", "next_cursor"],
            "properties": {"items": items, "limit": _LIMIT, "next_cursor": cursor},
        },
        f"{name}Parts": {
            "type": "object",
            "description": "A slice or a page where `fields` leaves parts of records, or `count` no total.",
            "required": ["items", "limit"],
            "properties": {
                "items": {"type": "array", "items": reference(f"{name}Part")},
                "total": total,
                "limit": _LIMIT,
                "offset": _OFFSET,
                "total_exceeded": exceeded,
                "next_cursor": cursor,
            },
        },
    }


def list_answer(resource: Resource) -> Schema:
    """The schema of a list's answer, whichever form it has."""
    name = resource.value_type.__name__
    return {"anyOf": [reference(f"{name}{form}") for form in ("List", "Page", "Parts")]}


def reference(name: str) -> Schema:
    """The schema that is called so."""
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str, where: str, schema: Schema, description: str) -> Schema:
    """A parameter that need not be given."""
    return {"name": name, "in": where, "description": description, "schema": schema}


OWNER_PARAMETER: Final = parameter(OWNER, "query", {"type": "string", "minLength": 1}, _OWNERS)


def comparand_schema(attribute: Attribute, resource: Resource) -> Schema:
    """What an attribute is compared with: a value of its type, to which no other rule applies.

    Of numbers it has no format, which would bound them.
    """
    field = next((field for field in resource.fields if field.name == attribute.name), None)
    named = None if field is None else component_of(field, resource)
    if named is not None:
        return reference(named)
    kind = attribute.kind if attribute.kind.entry is None else attribute.kind.entry
    schema = kind.schema()
    members = ("type", "format", "enum") if schema.get("type") == "string" else ("type", "enum")
    return {name: schema[name] for name in members if name in schema}


def operand_schema(
    attribute: Attribute, operator: Operator, resource: Resource, *, in_body: bool = False
) -> Schema:
    """The operand of one operator of an attribute, in a URL or in a query's body."""
    if operator is Operator.NULL:
        return {"type": "boolean"}
    one = comparand_schema(attribute, resource)
    if in_body and (attribute.kind.entry or attribute.kind).unquoted:
        one = {"anyOf": [one, {"type": "number"}]}
    if operator is not Operator.IN:
        return one
    return {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_VALUES}


def _paging_properties(resource: Resource) -> Schema:
    """The members of a query's body besides its conditions."""
    shown = Projections(resource).names
    return {
        "sort": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": MAX_SORT_KEYS,
            "description": "The fields to order by; `-` in front of what descends.",
        },
        "fields": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "description": f"Those to show, of {', '.join(shown)}.",
        },
        # No `default`: openapi-typescript takes members that have one for members that have to be given.
        "limit": _LIMIT | {"description": f"How many records at most; {DEFAULT_LIMIT} without it."},
        "offset": _OFFSET,
        "cursor": {"type": "string", "maxLength": MAX_LENGTH},
        OWNER: {"type": "string", "minLength": 1, "description": _OWNERS},
        "count": {"type": "string", "enum": list(COUNTS)},
    }


def _condition_schema(resource: Resource) -> Schema:
    """Conditions, all of which hold."""
    this = reference(f"{resource.value_type.__name__}Condition")
    several = {"type": "array", "items": this, "minItems": 1}
    return {
        "type": "object",
        "description": (
            "Conditions, all of which hold: fields with what they are compared with by operator; `and`, "
            f"`or` and `not`, at most {MAX_DEPTH} in each other. At most {MAX_COMPARISONS} comparisons."
        ),
        "properties": {
            **{each.name: _comparisons(each, resource) for each in resource.attributes.values()},
            "and": several,
            "or": several,
            "not": this,
        },
        "additionalProperties": False,
    }


def _comparisons(attribute: Attribute, resource: Resource) -> Schema:
    """What an attribute is compared with, by operator."""
    operands = {
        operator.value: operand_schema(attribute, operator, resource, in_body=True)
        for operator in Operator
        if operator in attribute.operators
    }
    return {"type": "object", "properties": operands, "minProperties": 1, "additionalProperties": False}


def _paging(resource: Resource) -> Iterator[Schema]:
    yield parameter("limit", "query", _LIMIT | {"default": DEFAULT_LIMIT}, "How many records at most.")
    description = "How many records to pass over; not together with `cursor`."
    yield parameter("offset", "query", _OFFSET, description)
    description = "`next_cursor` of the page before; empty for the first."
    yield parameter("cursor", "query", {"type": "string", "maxLength": MAX_LENGTH}, description)
    description = "Up to three fields to order by, with commas between; `-` in front of what descends."
    yield parameter("sort", "query", {"type": "string"}, description) | {"example": "-created_at"}
    yield fields_parameter(resource)
    description = (
        "Whether the list's records are counted: all, at most 10,000, or not. Without it all, and with "
        "conditions at most 10,000; pages by cursor are never counted."
    )
    yield parameter("count", "query", {"type": "string", "enum": list(COUNTS)}, description)


def _conditions(resource: Resource) -> Iterator[Schema]:
    """A parameter for each attribute and operator.

    Of a resource with very many attributes those that no index holds are documented with equality alone.
    """
    indexed = {key.field for index in resource.indexes for key in index.keys}
    brief = len(resource.attributes) > _MANY_ATTRIBUTES
    for attribute in resource.attributes.values():
        for operator in Operator:
            documented = operator is Operator.EQ or not brief or attribute.name in indexed
            if operator in attribute.operators and documented:
                yield _condition(attribute, operator, resource)


def _condition(attribute: Attribute, operator: Operator, resource: Resource) -> Schema:
    bare = operator is Operator.EQ and attribute.name not in RESERVED
    name = attribute.name if bare else f"{attribute.name}.{operator.value}"
    schema: dict[str, Any] = operand_schema(attribute, operator, resource)
    return parameter(name, "query", schema, f"`{attribute.name}` {_MEANINGS[operator]}.")
