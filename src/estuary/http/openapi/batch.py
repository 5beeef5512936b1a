"""The route for batches in the OpenAPI document."""

from collections.abc import Iterable, Sequence
from typing import Any

from estuary.core.resource import Resource
from estuary.http.batch.operation_forms import METHODS
from estuary.http.openapi.list_schemas import reference
from estuary.http.openapi.names import by_value_schema_name, unique_fields
from estuary.http.openapi.responses import (
    ALWAYS,
    CHANGE_ERRORS,
    WITH_ACCESS,
    WITH_BODY,
    answer,
    body,
    responses,
)
from estuary.http.openapi.schemas import Schema

_DESCRIPTION = (
    "All operations are made in their order and in one transaction, or none: then the answer is that of "
    "the first one that cannot be made, and `details.operation` tells its place, counted from 0. Each "
    "operation counts as a request against the rate limit."
)
_PRECONDITION_NAMES = "^[Ii][Ff]-([Nn][Oo][Nn][Ee]-)?[Mm][Aa][Tt][Cc][Hh]$"
_SEGMENT = "/[^/?#]+"
_WRITE = ("IdempotencyKey", "ValidateOnly", "Prefer")


def batch_schemas(resources: Sequence[Resource], prefix: str, *, most: int) -> Schema:
    """The schemas of a batch of at most `most` operations on `resources` under `prefix`, and its answer."""
    names = [each.value_type.__name__ for each in resources]
    sent = [f"{name}{suffix}" for name in names for suffix in ("Draft", "Changes", "Patch")]
    sent += [by_value_schema_name(each, field) for each in resources for field in unique_fields(each)]
    text = {"type": "string"}
    return {
        "BatchOperation": {
            "type": "object",
            "description": "One write, as it would be sent alone.",
            "required": ["method", "path"],
            "properties": {
                "method": {"type": "string", "enum": list(METHODS)},
                "path": text
                | {
                    "description": "Of a collection for `POST`, else of a record: "
                    "by its id, or by a unique value. It has no query."
                },
                "headers": {
                    "type": "object",
                    "description": "Preconditions; names may be in any case.",
                    "properties": {"If-Match": text, "If-None-Match": text},
                    "propertyNames": {"pattern": _PRECONDITION_NAMES},
                },
                "body": _one_of(sent) | {"description": "Absent for `DELETE`."},
            },
            "additionalProperties": False,
            **_by_method(resources, prefix),
        },
        "Batch": {
            "type": "object",
            "required": ["operations"],
            "properties": {
                "operations": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": most,
                    "items": reference("BatchOperation"),
                }
            },
            "additionalProperties": False,
        },
        "BatchResult": {
            "type": "object",
            "description": "What the operation would have been answered with alone.",
            "required": ["status", "headers"],
            "properties": {
                "status": {"type": "integer"},
                "headers": {"type": "object", "properties": {"etag": text, "location": text}},
                "body": _one_of(names)
                | {"description": "The record; absent where the answer would have no body."},
            },
        },
        "BatchResults": {
            "type": "object",
            "required": ["results"],
            "properties": {"results": {"type": "array", "items": reference("BatchResult")}},
        },
    }


def batch_paths(path: str, *, refuses: bool) -> Schema:
    """The path of batches with its operation; `refuses`: askers may be refused an operation."""
    reply = answer(
        "All were made: what became of each, in their order. After a dry run, what would become of it.",
        reference("BatchResults"),
        "Preference-Applied",
        "Idempotency-Replayed",
    )
    operation = {
        "tags": ["batch"],
        "operationId": "batch",
        "summary": "Make several writes, all or none",
        "description": _DESCRIPTION,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in _WRITE],
    }
    errors = (*ALWAYS, *WITH_BODY, *CHANGE_ERRORS, *(WITH_ACCESS if refuses else ()))
    return {path: {"post": operation | body("Batch") | responses({200: reply}, errors)}}


def _by_method(resources: Sequence[Resource], prefix: str) -> Schema:
    """Which `path` and `body` go with which `method`, in keywords that generators of clients pass over."""

    def sent(pairs: Iterable[tuple[str, str]]) -> Schema:
        """Patterns of paths, each with the schema of its body."""
        found = [_properties(path={"pattern": path}, body=reference(name)) for path, name in pairs]
        return (found[0] if len(found) == 1 else {"anyOf": found}) | {"required": ["body"]}

    names = {each.name: each.value_type.__name__ for each in resources}
    posted = [(f"^{prefix}/{name}$", f"{schema}Draft") for name, schema in names.items()]
    put = [(f"^{prefix}/{name}{_SEGMENT}$", f"{schema}Changes") for name, schema in names.items()]
    put += [
        (f"^{prefix}/{each.name}/by/{field.name}{_SEGMENT}$", by_value_schema_name(each, field))
        for each in resources
        for field in unique_fields(each)
    ]
    patched = [(_record(each, prefix), f"{names[each.name]}Patch") for each in resources]
    deleted = _properties(
        path={"pattern": "|".join(_record(each, prefix) for each in resources)}, body=False
    )
    otherwise = _if_method("PATCH", sent(patched), deleted)
    return _if_method("POST", sent(posted), _if_method("PUT", sent(put), otherwise))


def _record(resource: Resource, prefix: str) -> str:
    """The pattern of the paths that name a record, by its id or by a value."""
    fields = "|".join(field.name for field in unique_fields(resource))
    by_value = f"(/by/({fields}))?" if fields else ""
    return f"^{prefix}/{resource.name}{by_value}{_SEGMENT}$"


def _if_method(method: str, then: Schema, otherwise: Schema) -> Schema:
    return {"if": _properties(method={"const": method}), "then": then, "else": otherwise}


def _properties(**schemas: Any) -> Schema:
    return {"properties": schemas}


def _one_of(names: Sequence[str]) -> Schema:
    several = [reference(name) for name in dict.fromkeys(names)]
    return several[0] if len(several) == 1 else {"anyOf": several}
