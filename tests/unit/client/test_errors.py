"""Answers that refuse, as exceptions."""

import msgspec
import pytest

from estuary.client import errors
from estuary.client.errors import Refusal, Violation


def body(code: str, message: str = "m", **details: object) -> bytes:
    """Estuary's envelope."""
    reported = {
        "error": code,
        "message": message,
        "timestamp": "t",
        "request_id": "r",
        "details": details or None,
    }
    return msgspec.json.encode(reported)


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (400, "BAD_REQUEST", "m", errors.BadRequest),
        (400, "BAD_REQUEST", "cursor: Cursor must be …", errors.CursorExpired),
        (401, "UNAUTHORIZED", "m", errors.Unauthorized),
        (403, "FORBIDDEN", "m", errors.Forbidden),
        (404, "NOT_FOUND", "m", errors.NotFound),
        (405, "METHOD_NOT_ALLOWED", "m", errors.Refused),
        (409, "CONFLICT", "m", errors.Conflict),
        (412, "PRECONDITION_FAILED", "m", errors.PreconditionFailed),
        (413, "PAYLOAD_TOO_LARGE", "m", errors.ContentTooLarge),
        (422, "VALIDATION_ERROR", "m", errors.ValidationFailed),
        (422, "QUERY_TOO_EXPENSIVE", "m", errors.QueryRefused),
        (422, "QUERY_UNSUPPORTED", "m", errors.QueryRefused),
        (428, "PRECONDITION_REQUIRED", "m", errors.PreconditionRequired),
        (429, "RATE_LIMIT_EXCEEDED", "m", errors.RateLimited),
        (500, "DATABASE_ERROR", "m", errors.ServerError),
        (503, "SERVICE_UNAVAILABLE", "m", errors.ServiceUnavailable),
    ],
)
def test_each_refusal_has_its_exception(status: int, code: str, message: str, expected: type) -> None:
    """All of them are one family."""
    error = Refusal(status, body(code, message)).error()
    assert expected is type(error)
    assert isinstance(error, errors.EstuaryError)
    assert (status, code, message, "r") == (error.status, error.code, error.message, error.request_id)


def test_an_exception_carries_what_the_envelope_says() -> None:
    """For programs as attributes, for people in its text."""
    violation = {"field": "title", "message": "Title must not be null", "code": "required"}
    reported = body("VALIDATION_ERROR", validation_errors=[violation], context={"etag": '"3"'}, operation=2)
    error = Refusal(422, reported, 1.5, "k").error()
    assert (Violation(**violation),) == error.violations
    assert ({"etag": '"3"'}, 2, 1.5, "k") == (
        error.details,
        error.operation,
        error.retry_after,
        error.idempotency_key,
    )
    text = "422 VALIDATION_ERROR: m; title: Title must not be null; operation 2 of the batch; request r"
    assert text == str(error)


@pytest.mark.parametrize(
    "answered", [b"", b"<html>502</html>", b"\xff", b"{}", b'{"error":1,"message":"m"}']
)
def test_what_is_no_envelope_is_told_as_such(answered: bytes) -> None:
    """What a proxy answers is none of Estuary's."""
    error = Refusal(502, answered).error()
    assert (errors.ServerError, "UNKNOWN") == (type(error), error.code)
