"""The responses in the OpenAPI document: those of success, and the errors that operations share."""

from collections.abc import Sequence

from estuary.http.openapi.headers import LIMITS, references
from estuary.http.openapi.list_schemas import reference
from estuary.http.openapi.schemas import Schema
from estuary.http.openapi.security_schemes import REFUSALS

JSON = "application/json"
_PROBLEM = "application/problem+json"

ERRORS = {
    400: "The request cannot be understood.",
    **REFUSALS,
    404: "There is no such resource.",
    406: "None of the accepted API versions exists.",
    408: "The body did not arrive in time.",
    409: "Another record has a value that must be unique; or, with `Retry-After`, a request with the same "
    "`Idempotency-Key` is still being worked on, or others keep changing the record: try that again soon.",
    412: "The record is not in a version that `If-Match` or `If-None-Match` admits.",
    413: "The body is too large.",
    414: "The URL is too long.",
    415: "The body's encoding, or the type of a query's or a patch's body, is not supported.",
    422: "A field breaks its rule, the `Idempotency-Key` was used for another request, or a query costs "
    "more than it may.",
    428: "This service takes changes with `If-Match` only.",
    429: "Too many requests; `Retry-After` says when to come back.",
    431: "The headers are too large.",
    500: "Something went wrong inside.",
    503: "The service or its store is not available; `Retry-After` says when to come back.",
}
ALWAYS = (400, 406, 414, 429, 431, 500, 503)
WITH_ACCESS = (403,)
WITH_BODY = (408, 413, 415, 422)
CHANGE_ERRORS = (404, 409, 412, 428)
OPERATIONS_ERRORS = (400, 414, 431, 500)


def body(schema: str, types: Sequence[str] = (JSON,)) -> Schema:
    """A body that must be there, of one of some media types."""
    content = {each: {"schema": reference(schema)} for each in types}
    return {"requestBody": {"required": True, "content": content}}


def responses(good: dict[int, Schema], errors: Sequence[int]) -> Schema:
    """The answers of an operation by status; `errors` are those that it may meet."""
    found = {str(status): answer for status, answer in good.items()}
    for status in sorted(errors):
        found[str(status)] = {"$ref": f"#/components/responses/{error_name(status)}"}
    return {"responses": found}


def answer(description: str, schema: Schema, *headers: str) -> Schema:
    """An answer with a body, and with these headers beside those of every answer."""
    return empty(description, *headers) | {"content": {JSON: {"schema": schema}}}


def empty(description: str, *headers: str) -> Schema:
    """An answer without a body."""
    return {"description": description, "headers": references("X-Request-Id", *headers)}


def error(status: int) -> Schema:
    """The answer for errors with this status."""
    reply = answer(ERRORS[status], reference("Error"), *LIMITS)
    reply["content"][_PROBLEM] = {"schema": reference("Problem")}
    if status in REFUSALS:
        reply["headers"] |= references("WWW-Authenticate")
    if status in (409, 429, 503):
        reply["headers"] |= references("Retry-After")
    return reply


def error_name(status: int) -> str:
    """Under which name that answer stands among the components."""
    return f"Error{status}"
