"""The routes of a resource in the OpenAPI document."""

from estuary.core.resource import Resource
from estuary.http.guards.body import PATCH_TYPES
from estuary.http.openapi.by_value import by_value_paths, by_value_schemas
from estuary.http.openapi.list_schemas import (
    QUERY_TWIN,
    fields_parameter,
    list_answer,
    list_parameters,
    list_schemas,
    parameter,
    reference,
)
from estuary.http.openapi.names import operation_id
from estuary.http.openapi.responses import ALWAYS, CHANGE_ERRORS, WITH_BODY, answer, body, empty, responses
from estuary.http.openapi.schemas import (
    Schema,
    changes_schema,
    component_schemas,
    draft_schema,
    patch_schema,
    record_schema,
)
from estuary.http.records.querying import QUERY_PATH

_KNOWN = {"$ref": "#/components/parameters/KnownETags"}
_WRITE = [
    {"$ref": f"#/components/parameters/{name}"} for name in ("IdempotencyKey", "ValidateOnly", "Prefer")
]
_CHANGE = [*_WRITE, *({"$ref": f"#/components/parameters/{name}"} for name in ("IfMatch", "IfNoneMatch"))]


def resource_schemas(resource: Resource) -> Schema:
    """The schemas of a resource: its records, and what clients may send."""
    name = resource.value_type.__name__
    named = {
        name: record_schema(resource),
        f"{name}Draft": draft_schema(resource),
        f"{name}Changes": changes_schema(resource),
        f"{name}Patch": patch_schema(resource),
    }
    return component_schemas(resource) | named | by_value_schemas(resource) | list_schemas(resource)


def resource_paths(resource: Resource, prefix: str) -> Schema:
    """The paths of a resource under `prefix`, each with its operations."""
    name, many = resource.value_type.__name__, resource.name
    path = f"{prefix}/{many}"
    uuid = {"type": "string", "format": "uuid"}
    identifier = parameter("id", "path", uuid, f"The {resource.singular}'s id.") | {"required": True}
    queried = answer("A slice or a page.", list_answer(resource), "ETag", "Cache-Control")
    by_id = {
        "get": _read(resource),
        "put": _put(resource),
        "patch": _patch(resource),
        "delete": _delete(resource),
    }
    return {
        path: {"get": _list(resource), "post": _create(resource)},
        f"{path}{QUERY_PATH}": {
            "post": _operation(resource, "query", many, f"Query {many}")
            | {"description": QUERY_TWIN}
            | body(f"{name}Query")
            | responses({200: queried}, (*ALWAYS, *WITH_BODY, 412)),
        },
        f"{path}/{{id}}": {"parameters": [identifier], **by_id},
        **by_value_paths(resource, path, by_id),
    }


def _operation(resource: Resource, verb: str, what: str, summary: str) -> Schema:
    return {"tags": [resource.name], "operationId": operation_id(verb, what), "summary": summary}


def _list(resource: Resource) -> Schema:
    many = resource.name
    listed = answer("A slice or a page.", list_answer(resource), "ETag", "Link", "Accept-Query")
    return (
        _operation(resource, "list", many, f"List {many}")
        | {"parameters": [*list_parameters(resource), _KNOWN]}
        | responses({200: listed, 304: _known()}, (*ALWAYS, 412, 422))
    )


def _read(resource: Resource) -> Schema:
    name = resource.value_type.__name__
    either = {"anyOf": [reference(name), reference(f"{name}Part")]}
    found = answer("The record, or those of its fields that were asked for.", either, "ETag")
    return (
        _operation(resource, "read", resource.singular, f"Read one of the {resource.name}")
        | {"parameters": [fields_parameter(resource), _KNOWN]}
        | responses({200: found, 304: _known()}, (*ALWAYS, 404, 412))
    )


def _create(resource: Resource) -> Schema:
    replies = {200: _tried(resource), 201: _created(resource), 204: _minimal("Location")}
    return (
        _operation(resource, "create", resource.singular, f"Create one of the {resource.name}")
        | {"parameters": _WRITE}
        | body(f"{resource.value_type.__name__}Draft")
        | responses(replies, (*ALWAYS, *WITH_BODY, 409))
    )


def _put(resource: Resource) -> Schema:
    replies = {200: _changed(resource), 201: _created(resource), 204: _minimal("Location")}
    creating = f"With `If-None-Match: *` it creates the {resource.singular}: the body is that of a new one."
    return (
        _operation(resource, "update", resource.singular, f"Change one of the {resource.name}")
        | {"description": creating, "parameters": _CHANGE}
        | body(f"{resource.value_type.__name__}Changes")
        | responses(replies, (*ALWAYS, *WITH_BODY, *CHANGE_ERRORS))
    )


def _patch(resource: Resource) -> Schema:
    return (
        _operation(resource, "patch", resource.singular, f"Patch one of the {resource.name}")
        | {"parameters": _CHANGE}
        | body(f"{resource.value_type.__name__}Patch", PATCH_TYPES)
        | responses({200: _changed(resource), 204: _minimal()}, (*ALWAYS, *WITH_BODY, *CHANGE_ERRORS))
    )


def _delete(resource: Resource) -> Schema:
    gone = empty("It is gone; after a dry run, it would be.", "Idempotency-Replayed")
    return (
        _operation(resource, "delete", resource.singular, f"Delete one of the {resource.name}")
        | {"parameters": _CHANGE}
        | responses({204: gone}, (*ALWAYS, *CHANGE_ERRORS, 422))
    )


def _known() -> Schema:
    return empty("What the client knows is what there is.", "ETag")


def _changed(resource: Resource) -> Schema:
    description = "The record as changed; after a dry run, as it would be."
    return answer(description, reference(resource.value_type.__name__), "ETag", "Idempotency-Replayed")


def _created(resource: Resource) -> Schema:
    name = resource.value_type.__name__
    return answer("The new record.", reference(name), "ETag", "Location", "Idempotency-Replayed")


def _tried(resource: Resource) -> Schema:
    description = "After a dry run: the record as it would be."
    return answer(description, reference(resource.value_type.__name__), "Idempotency-Replayed")


def _minimal(*headers: str) -> Schema:
    description = "It is done; the client asked for no body."
    return empty(description, "ETag", *headers, "Preference-Applied", "Idempotency-Replayed")
