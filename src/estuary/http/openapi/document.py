"""The OpenAPI 3.1 document: what the routes serve, worked out from the declared resources."""

from collections.abc import Mapping, Sequence
from typing import Any

from estuary.core.resource import Resource
from estuary.http.openapi.common_schemas import ANY_OBJECT, ERROR, HEALTH, PROBE, PROBLEM, VIOLATION
from estuary.http.openapi.header_parameters import PARAMETERS
from estuary.http.openapi.headers import HEADERS, LIMITS, references
from estuary.http.openapi.list_schemas import (
    QUERY_TWIN,
    fields_parameter,
    list_answer,
    list_parameters,
    list_schemas,
    parameter,
    reference,
)
from estuary.http.openapi.schemas import (
    Schema,
    changes_schema,
    component_schemas,
    draft_schema,
    record_schema,
)
from estuary.http.openapi.security_schemes import REFUSALS, SCHEMES, secured
from estuary.http.records.querying import QUERY_PATH
from estuary.http.scopes import Scopes

_JSON = "application/json"
_PROBLEM = "application/problem+json"

_ERRORS = {
    400: "The request cannot be understood.",
    **REFUSALS,
    404: "There is no such resource.",
    406: "None of the accepted API versions exists.",
    408: "The body did not arrive in time.",
    409: "A request with the same `Idempotency-Key` is still being worked on; try again soon.",
    412: "The record is not in a version that `If-Match` or `If-None-Match` admits.",
    413: "The body is too large.",
    414: "The URL is too long.",
    415: "The body's encoding, or the type of a query's body, is not supported.",
    422: "A field breaks its rule, the `Idempotency-Key` was used for another request, or a query costs "
    "more than it may.",
    428: "This service takes changes with `If-Match` only.",
    429: "Too many requests; `Retry-After` says when to come back.",
    431: "The headers are too large.",
    500: "Something went wrong inside.",
    503: "The service or its store is not available; `Retry-After` says when to come back.",
}
_ALWAYS = (400, 406, 414, 429, 431, 500, 503)
_WITH_ACCESS = (403,)
_WITH_BODY = (408, 413, 415, 422)
_CHANGE_ERRORS = (404, 409, 412, 428)
_OPERATIONS_ERRORS = (400, 414, 431, 500)


def document(
    resources: Sequence[Resource],
    *,
    version: str,
    prefix: str,
    access: Scopes | None = None,
    metrics: bool = True,
) -> dict[str, Any]:
    """The document for an API that serves `resources` under `prefix`.

    `access` are the scopes that tokens must grant, None where no token is asked for; `metrics` says whether
    they are on the same port.
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
        served = _limited(_resource_paths(resource, prefix))
        paths |= served if access is None else _secured(served, access.of(resource.name))
        schemas |= _resource_schemas(resource)
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
            *({"name": each.name, "description": each.description} for each in resources),
            {"name": "operations", "description": "Health, metrics and this document."},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                _error_name(status): _error(status)
                for status in _ERRORS
                if access is not None or status not in _WITH_ACCESS
            },
            "headers": HEADERS,
            "parameters": PARAMETERS,
            **({} if access is None else {"securitySchemes": SCHEMES}),
        },
    }


def _secured(paths: Schema, scopes: Mapping[str, str]) -> Schema:
    """`paths` with the scopes that they need; the twin of QUERY reads, by whichever method."""
    reading = {"POST": scopes["QUERY"]} if scopes else {}
    twins = {path: item for path, item in paths.items() if path.endswith(QUERY_PATH)}
    return secured(paths, scopes) | secured(twins, reading)


_IDEMPOTENCY_KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
_IF_MATCH = {"$ref": "#/components/parameters/IfMatch"}
_IF_NONE_MATCH = {"$ref": "#/components/parameters/IfNoneMatch"}
_KNOWN = {"$ref": "#/components/parameters/KnownETags"}
_CHANGE_HEADERS = [_IDEMPOTENCY_KEY, _IF_MATCH, _IF_NONE_MATCH]


def _resource_schemas(resource: Resource) -> Schema:
    name = resource.value_type.__name__
    named = {
        name: record_schema(resource),
        f"{name}Draft": draft_schema(resource),
        f"{name}Changes": changes_schema(resource),
    }
    return component_schemas(resource) | named | list_schemas(resource)


def _resource_paths(resource: Resource, prefix: str) -> Schema:
    name, many, one = resource.value_type.__name__, resource.name, resource.singular
    either = {"anyOf": [reference(name), reference(f"{name}Part")]}
    record = _answer("The record, or those of its fields that were asked for.", either, "ETag")
    changed = _answer("The record as changed.", reference(name), "ETag", "Idempotency-Replayed")
    created = _answer("The new record.", reference(name), "ETag", "Location", "Idempotency-Replayed")
    known = {304: _empty("What the client knows is what there is.", "ETag")}
    listed = _answer("A slice or a page.", list_answer(resource), "ETag", "Link", "Accept-Query")
    queried = _answer("A slice or a page.", list_answer(resource), "ETag", "Cache-Control")
    uuid = {"type": "string", "format": "uuid"}
    identifier = parameter("id", "path", uuid, f"The {one}'s id.") | {"required": True}

    def operation(verb: str, what: str, summary: str) -> Schema:
        return {"tags": [many], "operationId": f"{verb}_{what}", "summary": summary}

    return {
        f"{prefix}/{many}": {
            "get": operation("list", many, f"List {many}")
            | {"parameters": [*list_parameters(resource), _KNOWN]}
            | _responses({200: listed} | known, (*_ALWAYS, 412, 422)),
            "post": operation("create", one, f"Create one of the {many}")
            | {"parameters": [_IDEMPOTENCY_KEY]}
            | _body(f"{name}Draft")
            | _responses({201: created}, (*_ALWAYS, *_WITH_BODY, 409)),
        },
        f"{prefix}/{many}{QUERY_PATH}": {
            "post": operation("query", many, f"Query {many}")
            | {"description": QUERY_TWIN}
            | _body(f"{name}Query")
            | _responses({200: queried}, (*_ALWAYS, *_WITH_BODY, 412)),
        },
        f"{prefix}/{many}/{{id}}": {
            "parameters": [identifier],
            "get": operation("read", one, f"Read one of the {many}")
            | {"parameters": [fields_parameter(resource), _KNOWN]}
            | _responses({200: record} | known, (*_ALWAYS, 404, 412)),
            "put": operation("update", one, f"Change one of the {many}")
            | {"parameters": _CHANGE_HEADERS}
            | _body(f"{name}Changes")
            | _responses({200: changed}, (*_ALWAYS, *_WITH_BODY, *_CHANGE_ERRORS)),
            "delete": operation("delete", one, f"Delete one of the {many}")
            | {"parameters": _CHANGE_HEADERS}
            | _responses(
                {204: _empty("It is gone.", "Idempotency-Replayed")}, (*_ALWAYS, *_CHANGE_ERRORS, 422)
            ),
        },
    }


def _operations_paths(prefix: str) -> Schema:
    health = _answer("The whole picture.", reference("Health"))
    not_ready = _answer("Send no traffic here; `reason` says why.", reference("Probe"))
    text = {"schema": {"type": "string"}}
    metrics = _empty("Every metric.") | {
        "content": {"text/plain": text, "application/openmetrics-text": text}
    }
    this = _answer("The document.", ANY_OBJECT)

    def get(name: str, summary: str, responses: dict[int, Schema], errors: tuple[int, ...]) -> Schema:
        described = {"tags": ["operations"], "operationId": name, "summary": summary}
        return {"get": described | _responses(responses, errors)}

    return {
        "/": get("root_health", "How the service is doing", {200: health}, _OPERATIONS_ERRORS),
        "/health": get("health", "How the service is doing", {200: health}, _OPERATIONS_ERRORS),
        "/health/live": get(
            "live",
            "Whether the process answers",
            {200: _answer("It does.", reference("Probe"))},
            _OPERATIONS_ERRORS,
        ),
        "/health/ready": get(
            "ready",
            "Whether traffic should come here",
            {200: _answer("It should.", reference("Probe")), 503: not_ready},
            _OPERATIONS_ERRORS,
        ),
        "/metrics": get("metrics", "Metrics for Prometheus", {200: metrics}, (*_OPERATIONS_ERRORS, 401)),
        "/openapi.json": get("openapi", "This document", {200: this}, _ALWAYS),
        f"{prefix}/openapi.json": get("openapi_v1", "Version 1's document", {200: this}, _ALWAYS),
    }


def _body(schema: str) -> Schema:
    return {"requestBody": {"required": True, "content": {_JSON: {"schema": reference(schema)}}}}


def _responses(good: dict[int, Schema], errors: tuple[int, ...]) -> Schema:
    responses = {str(status): answer for status, answer in good.items()}
    for status in sorted(errors):
        responses[str(status)] = {"$ref": f"#/components/responses/{_error_name(status)}"}
    return {"responses": responses}


def _answer(description: str, schema: Schema, *headers: str) -> Schema:
    return _empty(description, *headers) | {"content": {_JSON: {"schema": schema}}}


def _empty(description: str, *headers: str) -> Schema:
    return {"description": description, "headers": references("X-Request-Id", *headers)}


def _limited(paths: Schema) -> Schema:
    """`paths` whose answers also tell what is left of the rate limit, where there is one."""
    for item in paths.values():
        for operation in (member for name, member in item.items() if name != "parameters"):
            for answer in operation["responses"].values():
                if "headers" in answer:
                    answer["headers"] = answer["headers"] | references(*LIMITS)
    return paths


def _error(status: int) -> Schema:
    answer = _answer(_ERRORS[status], reference("Error"), *LIMITS)
    answer["content"][_PROBLEM] = {"schema": reference("Problem")}
    if status in REFUSALS:
        answer["headers"] |= references("WWW-Authenticate")
    if status in (409, 429, 503):
        answer["headers"] |= references("Retry-After")
    return answer


def _error_name(status: int) -> str:
    return f"Error{status}"
