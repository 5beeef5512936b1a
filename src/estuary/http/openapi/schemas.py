"""Schemas: a resource's fields as JSON Schema (2020-12, the dialect of OpenAPI 3.1)."""

from typing import Any, Final

from estuary.core.field import Field
from estuary.core.kinds.json_schema import or_null
from estuary.core.resource import Resource
from estuary.http.openapi.names import component_of

Schema = dict[str, Any]

REFERENCE: Final = "x-estuary-reference"
"""An extension of fields: the resource that the values are ids of, and what its deletes do."""
UNIQUE: Final = "x-estuary-unique"
"""An extension of fields: no two records have the same value."""
TIME: Schema = {"type": "string", "format": "date-time"}


def record_schema(resource: Resource) -> Schema:
    """A record as it is served: every field is always there that is not hidden."""
    properties: Schema = {"id": {"type": "string", "format": "uuid", "readOnly": True}}
    properties |= {field.name: _served(field, resource) for field in resource.fields if not field.hidden}
    for name, meaning in (("created_at", "When it was created"), ("updated_at", "When it last changed")):
        description = f"{meaning}, in UTC, with six digits of a second's fraction."
        properties[name] = TIME | {"readOnly": True, "description": description}
    return _object(properties, list(properties), resource.description)


def part_schema(resource: Resource) -> Schema:
    """The schema of a record with the fields that `fields` selects."""
    whole = record_schema(resource)
    description = f"Some fields of one of the {resource.name}: those that `fields` names, and the id."
    return whole | {"required": ["id"], "description": description}


def draft_schema(resource: Resource) -> Schema:
    """The schema of the body of a create request."""
    properties = {field.name: _accepted(field, resource) for field in resource.writable}
    required = [field.name for field in resource.writable if field.required]
    return _object(properties, required, f"A new {resource.singular}. Unknown fields are ignored.")


def changes_schema(resource: Resource) -> Schema:
    """What an update request holds: a field that is absent or null stays as it is."""
    properties = {field.name: or_null(_accepted(field, resource)) for field in resource.writable}
    description = "The fields to change. A field that is absent or null stays as it is"
    # A dictionary, for several fields can be cleared alike.
    clearing = dict.fromkeys(
        how for field in resource.writable if (how := field.kind.cleared_by) is not None
    )
    return _object(properties, [], f"{'; '.join([description, *clearing])}. Unknown fields are ignored.")


def patch_schema(resource: Resource) -> Schema:
    """What a merge patch holds: a field that is absent stays as it is, null clears one that may be null."""
    properties = {field.name: _stated(field, resource, field.kind.patched()) for field in resource.writable}
    description = "The fields to change (RFC 7396). One that is absent stays as it is, null clears it"
    return _object(properties, [], f"{description}. Unknown fields are ignored.")


def component_schemas(resource: Resource) -> Schema:
    """The fields' schemas that have a name: one type for a generator, wherever the field stands."""
    return {
        name: field.kind.schema() | _declared(field)
        for field in resource.fields
        if (name := component_of(field, resource)) is not None
    }


def _object(properties: Schema, required: list[str], description: str) -> Schema:
    schema: Schema = {"type": "object", "description": description, "properties": properties}
    return schema | {"required": required} if required else schema


def _served(field: Field, resource: Resource) -> Schema:
    schema = _stated(field, resource, field.kind.schema())
    if field.server_value is None:
        return schema
    return {"readOnly": True, "description": field.description or field.server_value.description} | schema


def _accepted(field: Field, resource: Resource) -> Schema:
    return _stated(field, resource, field.kind.accepted())


def _stated(field: Field, resource: Resource, schema: Schema) -> Schema:
    """`schema`, or its name where it has one, with what is declared of `field` beside its kind."""
    name = component_of(field, resource)
    whole = _declared(field) | schema if name is None else {"$ref": f"#/components/schemas/{name}"}
    return or_null(whole) if field.optional else whole


def _declared(field: Field) -> Schema:
    """What is declared of `field` beside its kind; what JSON Schema has no word for is an extension."""
    declared: Schema = {"description": field.description} if field.description else {}
    referral = field.kind.refers
    if referral is not None:
        declared[REFERENCE] = {"resource": referral.target, "on_delete": str(referral.on_delete)}
    if field.unique is not None:
        declared[UNIQUE] = True
    return declared
