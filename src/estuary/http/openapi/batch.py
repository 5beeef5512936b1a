"""What the route for batches serves, as the OpenAPI document tells it."""

from collections.abc import Sequence
from typing import Any

from estuary.core.resource import Resource
from estuary.http.batch.forms import METHODS
from estuary.http.openapi.answers import (
    ALWAYS,
    CHANGE_ERRORS,
    WITH_ACCESS,
    WITH_BODY,
    answer,
    body,
    responses,
)
from estuary.http.openapi.list_schemas import reference
from estuary.http.openapi.schemas import Schema

_DESCRIPTION = (
    "All operations are made in their order and in one transaction, or none: then the answer is that of "
    "the first one that cannot be made, and `details.operation` tells its place, counted from 0. Each "
    "operation counts as a request against the rate limit."
)
_PRECONDITION_NAMES = "^[Ii][Ff]-([Nn][Oo][Nn][Ee]-)?[Mm][Aa][Tt][Cc][Hh]$"
_ID = "/[^/?#]+"
_WRITE = ("IdempotencyKey", "ValidateOnly", "Prefer")


def batch_schemas(resources: Sequence[Resource], prefix: str, *, most: int) -> Schema:
    """The schemas of a batch of at most `most` operations on `resources` under `prefix`, and its answer."""
    names = [each.value_type.__name__ for each in resources]
    sent = [f"{name}{suffix}" for name in names for suffix in ("Draft", "Changes", "Patch")]
    text = {"type": "string"}
    return {
        "BatchOperation": {
            "type": "object",
            "description": "One write, as it would be sent alone.",
            "required": ["method", "path"],
            "properties": {
                "method": {"type": "string", "enum": list(METHODS)},
                "path": text | {"description": "Of a collection for `POST`, else of a record."},
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

    def sent(place: str, suffix: str) -> Schema:
        """The paths of all resources, each with its own body."""
        pairs = [(f"^{prefix}/{each.name}{place}$", each.value_type.__name__) for each in resources]
        found = [_properties(path={"pattern": path}, body=reference(name + suffix)) for path, name in pairs]
        return (found[0] if len(found) == 1 else {"anyOf": found}) | {"required": ["body"]}

    any_record = f"^{prefix}/({'|'.join(each.name for each in resources)}){_ID}$"
    deleted = _properties(path={"pattern": any_record}, body=False)
    patched = _if_method("PATCH", sent(_ID, "Patch"), deleted)
    return _if_method("POST", sent("", "Draft"), _if_method("PUT", sent(_ID, "Changes"), patched))


def _if_method(method: str, then: Schema, otherwise: Schema) -> Schema:
    return {"if": _properties(method={"const": method}), "then": then, "else": otherwise}


def _properties(**schemas: Any) -> Schema:
    return {"properties": schemas}


def _one_of(names: Sequence[str]) -> Schema:
    return reference(names[0]) if len(names) == 1 else {"anyOf": [reference(name) for name in names]}
