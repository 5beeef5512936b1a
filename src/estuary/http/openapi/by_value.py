"""The routes of records that are named by a unique value, in the OpenAPI document."""

from estuary.core.field import Field
from estuary.core.resource import Resource
from estuary.http.openapi.list_schemas import parameter
from estuary.http.openapi.names import by_value_id, by_value_schema_name, unique_fields
from estuary.http.openapi.responses import body, responses
from estuary.http.openapi.schemas import Schema, draft_schema
from estuary.http.records.list_request import OWNER

_OWNER = parameter(
    OWNER,
    "query",
    {"type": "string", "minLength": 1},
    "Whose record is meant, for who sees all owners' records and finds several with the value (409).",
)


def by_value_schemas(resource: Resource) -> Schema:
    """What a PUT by value holds: a new record, which may leave out what the path says."""
    schemas = {}
    for field in unique_fields(resource):
        draft = draft_schema(resource)
        required = [name for name in draft.get("required", ()) if name != field.name]
        draft.pop("required", None)
        described = {"description": f"{draft['description']} {_source(field)}"}
        schemas[by_value_schema_name(resource, field)] = (
            draft | ({"required": required} if required else {}) | described
        )
    return schemas


def by_value_paths(resource: Resource, path: str, by_id: Schema) -> Schema:
    """The paths by each unique field; `by_id` are the operations on a record that its id names."""
    return {
        f"{path}/by/{field.name}/{{value}}": _operations(resource, field, by_id)
        for field in unique_fields(resource)
    }


def _operations(resource: Resource, field: Field, by_id: Schema) -> Schema:
    schema = field.kind.schema()
    if schema.get("type") == "string":
        schema = {"minLength": 1} | schema
    description = f"The {resource.singular}'s {field.name}."
    value = parameter("value", "path", schema, description) | {"required": True}
    found = {
        method: operation
        | {
            "operationId": by_value_id(operation["operationId"], field),
            "summary": f"{operation['summary']} by its {field.name}",
        }
        for method, operation in by_id.items()
        if method != "parameters"
    }
    found["get"] = found["get"] | {
        "responses": found["get"]["responses"] | responses({}, (409,))["responses"]
    }
    found["put"] = (
        found["put"]
        | {
            "description": f"Where none of the {resource.name} has the value it creates one, unless "
            "`If-Match` is given; else what is absent or null stays as it is."
        }
        | body(by_value_schema_name(resource, field))
    )
    return {"parameters": [value, _OWNER], **found}


def _source(field: Field) -> str:
    """Where the value of `field` comes from in a new record."""
    if field.server_value is None:
        return f"`{field.name}` is what the path says."
    return f"`{field.name}` is set by the server, and must be what the path says."
