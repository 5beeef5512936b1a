"""The OpenAPI 3.1 document: what the routes serve, worked out from the declared resources."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from estuary.core.access.rights import Rights
from estuary.core.resource import Resource
from estuary.http.openapi.batch import batch_paths, batch_schemas
from estuary.http.openapi.common_schemas import ANY_OBJECT, ERROR, HEALTH, PROBE, PROBLEM, VIOLATION
from estuary.http.openapi.expansion import add_expansion
from estuary.http.openapi.header_parameters import PARAMETERS
from estuary.http.openapi.headers import HEADERS, LIMITS, references
from estuary.http.openapi.list_schemas import reference
from estuary.http.openapi.records import resource_paths, resource_schemas
from estuary.http.openapi.responses import (
    ALWAYS,
    ERRORS,
    OPERATIONS_ERRORS,
    WITH_ACCESS,
    answer,
    empty,
    error,
    error_name,
    responses,
)
from estuary.http.openapi.schemas import Schema
from estuary.http.openapi.security_schemes import SCHEMES, secured


def document(
    resources: Sequence[Resource],
    *,
    version: str,
    prefix: str,
    rights: Mapping[str, Rights],
    batch_rights: Rights | None = None,
    metrics: bool = True,
    most_operations: int = 100,
    keys: bool = False,
) -> dict[str, Any]:
    """The document for an API that serves `resources` under `prefix`.

    `rights` are by the names of resources, of which those without ask for no token; `batch_rights` are
    those of a batch, which has at most `most_operations`. `metrics` says whether they are on the same port,
    and `keys` whether API keys are administered.
    """
    paths = _operations_paths(prefix)
    documents = [path for path in paths if path.endswith("/openapi.json")]
    paths |= _limited({path: paths[path] for path in documents})
    if not metrics:
        del paths["/metrics"]
    schemas: Schema = {
        "Violation": VIOLATION,
        "Error": ERROR,
        "Problem": PROBLEM,
        "Health": HEALTH,
        "Probe": PROBE,
    }
    for resource in resources:
        served = _limited(resource_paths(resource, prefix))
        asked = rights.get(resource.name)
        paths |= served if asked is None else secured(served, asked)
        schemas |= resource_schemas(resource)
    add_expansion(paths, schemas, resources)
    batch = _limited(batch_paths(f"{prefix}/batch", refuses=any(each.refuses for each in rights.values())))
    paths |= batch if batch_rights is None else secured(batch, batch_rights)
    schemas |= batch_schemas(resources, prefix, most=most_operations)
    if keys:
        from estuary.http.openapi.keys import KEY_SCHEMAS, key_paths

        paths |= _limited(key_paths(f"{prefix}/keys"))
        schemas |= KEY_SCHEMAS
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Estuary",
            "version": version,
            "description": "A REST API over declared resources.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The service that served this document."}],
        "security": [],
        "tags": [
            *(_tag(each, prefix) for each in resources),
            *([{"name": "keys", "description": "API keys."}] if keys else []),
            {"name": "batch", "description": "Several writes in one request."},
            {"name": "operations", "description": "Health, metrics and this document."},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                error_name(status): error(status)
                for status in ERRORS
                if rights or status not in WITH_ACCESS
            },
            "headers": HEADERS,
            "parameters": PARAMETERS,
            **({"securitySchemes": SCHEMES} if rights else {}),
        },
    }


RESOURCE: Final = "x-estuary-resource"
"""An extension of tags: the resource that the tag is for."""
_IDEMPOTENCY_KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
_IF_MATCH = {"$ref": "#/components/parameters/IfMatch"}
_IF_NONE_MATCH = {"$ref": "#/components/parameters/IfNoneMatch"}


def _tag(resource: Resource, prefix: str) -> Schema:
    """A resource as a tag, which says where its records are, and what one of them is called."""
    extension = {"path": f"{prefix}/{resource.name}", "singular": resource.singular}
    return {"name": resource.name, "description": resource.description, RESOURCE: extension}


def _operations_paths(prefix: str) -> Schema:
    health = answer("The whole picture.", reference("Health"))
    not_ready = answer("Send no traffic here; `reason` says why.", reference("Probe"))
    text = {"schema": {"type": "string"}}
    metrics = empty("Every metric.") | {
        "content": {"text/plain": text, "application/openmetrics-text": text}
    }
    this = answer("The document.", ANY_OBJECT)

    def get(name: str, summary: str, good: dict[int, Schema], errors: tuple[int, ...]) -> Schema:
        described = {"tags": ["operations"], "operationId": name, "summary": summary}
        return {"get": described | responses(good, errors)}

    return {
        "/": get("root_health", "How the service is doing", {200: health}, OPERATIONS_ERRORS),
        "/health": get("health", "How the service is doing", {200: health}, OPERATIONS_ERRORS),
        "/health/live": get(
            "live",
            "Whether the process answers",
            {200: answer("It does.", reference("Probe"))},
            OPERATIONS_ERRORS,
        ),
        "/health/ready": get(
            "ready",
            "Whether traffic should come here",
            {200: answer("It should.", reference("Probe")), 503: not_ready},
            OPERATIONS_ERRORS,
        ),
        "/metrics": get("metrics", "Metrics for Prometheus", {200: metrics}, (*OPERATIONS_ERRORS, 401)),
        "/openapi.json": get("openapi", "This document", {200: this}, ALWAYS),
        f"{prefix}/openapi.json": get("openapi_v1", "Version 1's document", {200: this}, ALWAYS),
    }


def _limited(paths: Schema) -> Schema:
    """`paths` whose answers also have the rate limit's headers, where there is a limit."""
    for item in paths.values():
        for operation in (member for name, member in item.items() if name != "parameters"):
            for reply in operation["responses"].values():
                if "headers" in reply:
                    reply["headers"] = reply["headers"] | references(*LIMITS)
    return paths
