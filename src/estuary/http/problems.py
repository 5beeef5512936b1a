"""Problems: the only place where an error becomes a status and a body."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from estuary.core import errors
from estuary.core.access.identity import Refusal
from estuary.core.errors import Violation
from estuary.core.moments import in_six_digits
from estuary.http import errors as http_errors
from estuary.http.envelopes import Details, Envelope, Problem
from estuary.http.error_reply import Reply, retry_after
from estuary.http.messages import EVERY_METHOD, JSON, Header, Request, Response
from estuary.http.negotiation import Offer, accepted
from estuary.http.records.write_headers.entity_tags import tag_of_version

_PROBLEM_JSON: Header = ("content-type", "application/problem+json")
_PROBLEM, _ENVELOPE = Offer("application", "problem+json"), Offer("application", "json")
_CHALLENGE = 'Bearer realm="estuary"'

_INTERNAL = (500, "Internal server error")


class Problems:
    """Renders errors in the envelope, or as RFC 9457 problem details for clients that ask for them.

    `now` gives the time in the body.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._encode = msgspec.json.Encoder().encode

    def render(self, error: Exception, request: Request) -> Response:
        """The answer for `error`; an unforeseen one is a 500 that says nothing of its cause."""
        operation = None
        if isinstance(error, errors.WriteRefused):
            operation, error = error.index, error.refusal
        answer = _answer_to(error)
        code = error.code if isinstance(error, errors.EstuaryError) else errors.EstuaryError.code
        headers = request.headers
        if headers.get("accept") is not None and accepted(headers).prefers(_PROBLEM, _ENVELOPE):
            body = self._encode(self._problem(code, answer, operation, request))
            return Response(answer.status, body, (_PROBLEM_JSON, *answer.headers), answer.close)
        body = self._encode(self._envelope(code, answer, operation, request))
        return Response(answer.status, body, (JSON, *answer.headers), answer.close)

    def _envelope(self, code: str, answer: Reply, operation: int | None, request: Request) -> Envelope:
        details = None
        if answer.violations or answer.context or operation is not None:
            details = Details(answer.violations, answer.context, operation)
        return Envelope(code, answer.message, in_six_digits(self._now()), request.request_id, details)

    def _problem(self, code: str, answer: Reply, operation: int | None, request: Request) -> Problem:
        slug = code.lower().replace("_", "-")
        return Problem(
            type=f"urn:estuary:problem:{slug}",
            title=code.replace("_", " ").capitalize(),
            status=answer.status,
            detail=answer.message,
            code=code,
            timestamp=in_six_digits(self._now()),
            request_id=request.request_id,
            errors=answer.violations,
            context=answer.context,
            operation=operation,
        )


def _answer_to(error: Exception) -> Reply:
    form = _FORMS.get(type(error)) or _form_of_family(error)
    return Reply(*_INTERNAL) if form is None else form(error)


def _form_of_family(error: Exception) -> Callable[[Any], Reply] | None:
    """The function that answers the nearest class of which `error` is an instance."""
    return next((_FORMS[kind] for kind in type(error).__mro__ if kind in _FORMS), None)


def _bad_request(error: http_errors.BadRequest) -> Reply:
    return Reply(400, error.message, error.violations)


def _not_acceptable(error: http_errors.VersionNotAcceptable) -> Reply:
    supported = {"supported_versions": list(error.supported)}
    return Reply(406, "None of the accepted API versions exists", context=supported)


def _validation_failed(error: errors.ValidationFailed) -> Reply:
    return Reply(422, "Validation failed", error.violations)


def _version_conflict(error: errors.VersionConflict) -> Reply:
    etag = tag_of_version(error.current)
    return Reply(
        412, f"The precondition does not hold: the record's ETag is {etag}", context={"etag": etag}
    )


def _key_reused(_: errors.IdempotencyKeyReused) -> Reply:
    reused = "was used for another request"
    return Reply(422, f"Idempotency-Key {reused}", (Violation("Idempotency-Key", reused, "reused"),))


def _key_in_flight(_: errors.IdempotencyKeyInFlight) -> Reply:
    message = "A request with this Idempotency-Key is still being worked on"
    return Reply(409, message, headers=(retry_after(1),))


def _unique_conflict(error: errors.UniqueConflict) -> Reply:
    """Without Retry-After: the same request would meet the same record."""
    names = " and ".join(error.fields).replace("_", " ").capitalize()
    taken = f"{names} {'are' if len(error.fields) > 1 else 'is'} taken"
    violations = tuple([Violation(field, taken, "unique") for field in error.fields])
    return Reply(
        409,
        f"Another record has the same {names.lower()}" if names else "Another record is in the way",
        violations,
    )


def _reference_missing(error: errors.ReferenceMissing) -> Reply:
    message = f"{error.field.replace('_', ' ').capitalize()} refers to no record"
    return Reply(422, "Validation failed", (Violation(error.field, message, "reference"),))


def _referenced(_: errors.Referenced) -> Reply:
    """Without Retry-After, and without a word of the records that refer to it: not all can see them."""
    message = "Other records refer to this one"
    return Reply(409, message, (Violation("id", message, "referenced"),))


def _cascade_too_large(_: errors.CascadeTooLarge) -> Reply:
    message = "More records refer to this one than are deleted at once: delete some of them first"
    return Reply(409, message, (Violation("id", message, "referenced"),))


def _unauthenticated(error: errors.Unauthenticated) -> Reply:
    """RFC 6750, 3.1: the answer to a request without a token names the scheme alone."""
    if error.reason == Refusal.MISSING:
        return Reply(401, "Authentication required", headers=(("www-authenticate", _CHALLENGE),))
    challenge = f'{_CHALLENGE}, error="invalid_token"'
    if error.reason == Refusal.EXPIRED:
        # All that a client can do something about; of the other reasons a forger would learn.
        challenge += ', error_description="The token has expired"'
    return Reply(401, "Invalid authentication token", headers=(("www-authenticate", challenge),))


def _forbidden(error: errors.Forbidden) -> Reply:
    """RFC 6750, 3.1: it names the scope, so that the client can ask for a token that has it."""
    if error.scope is None:
        return Reply(403, "This is not allowed")
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{error.scope}"'
    message = f"The token does not grant the scope {error.scope}"
    context = {"scope": error.scope}
    return Reply(403, message, context=context, headers=(("www-authenticate", challenge),))


def _method_not_allowed(error: http_errors.MethodNotAllowed) -> Reply:
    allow = ", ".join(error.allowed)
    return Reply(405, "Method not allowed", context={"allowed": allow}, headers=(("allow", allow),))


def _payload_too_large(error: http_errors.PayloadTooLarge) -> Reply:
    return Reply(413, f"Request body must be at most {error.limit} bytes", context={"limit": error.limit})


def _unsupported_media_type(error: http_errors.UnsupportedMediaType) -> Reply:
    """RFC 5789, 2.2; RFC 10008, 3: it names what would be taken."""
    message = f"Content-Type must be {error.accepted.replace(', ', ' or ')}"
    return Reply(415, message, headers=((error.header, error.accepted),))


def _uri_too_long(error: http_errors.UriTooLong) -> Reply:
    return Reply(414, f"URL must be at most {error.limit} characters", context={"limit": error.limit})


def _headers_too_large(error: http_errors.HeadersTooLarge) -> Reply:
    message = f"Header fields together must be at most {error.limit} characters"
    return Reply(431, message, context={"limit": error.limit})


def _too_many_fields(error: http_errors.TooManyFields) -> Reply:
    return Reply(431, f"Header fields must be at most {error.limit}", context={"limit": error.limit})


def _framing_too_large(error: http_errors.FramingTooLarge) -> Reply:
    message = f"Chunk extensions and trailer fields together must be at most {error.limit} bytes"
    return Reply(431, message, context={"limit": error.limit}, close=True)


def _request_timeout(error: http_errors.RequestTimeout) -> Reply:
    message = f"Request body did not arrive within {error.seconds:g} seconds"
    return Reply(408, message, close=True)


def _head_timeout(error: http_errors.HeadTimeout) -> Reply:
    return Reply(408, f"Request head did not arrive within {error.seconds:g} seconds", close=True)


def _rate_limited(error: http_errors.RateLimited) -> Reply:
    return Reply(429, "Too many requests", headers=(retry_after(error.resets_in),))


def _overloaded(error: http_errors.Overloaded) -> Reply:
    return Reply(503, "Service is overloaded", headers=(retry_after(error.retry_in),))


def _limiter_unavailable(_: errors.LimiterUnavailable) -> Reply:
    return Reply(503, "Rate limiting is unavailable", headers=(retry_after(1),))


def _store_unavailable(_: errors.StoreUnavailable) -> Reply:
    return Reply(503, "Database connection error", headers=(retry_after(1),))


def _query_too_expensive(error: errors.QueryTooExpensive) -> Reply:
    declare, sort, counts, skips = error.advice
    if declare:
        names = ", ".join(f'"{name}"' for name in declare)
        line = f"indexes=[({names}{',' if len(declare) == 1 else ''})]"
        message = f"Query costs too much without an index: declare {line}"
        if sort:
            return Reply(
                422, f"{message}, and ask for sort={sort}", context={"declare": line, "sort": sort}
            )
        return Reply(422, message, context={"declare": line})
    if sort:
        message = f"Query costs too much in this order: an index serves it with sort={sort}"
        return Reply(422, message, context={"sort": sort})
    if counts:
        return Reply(422, "Query costs too much with count=exact: ask for count=limited, or none")
    if skips:
        return Reply(422, "Query costs too much from this offset: page by cursor")
    return Reply(422, "Query costs too much, and no index would serve it: ask for less, or otherwise")


_FORMS: dict[type, Callable[[Any], Reply]] = {
    http_errors.BadRequest: _bad_request,
    http_errors.VersionNotAcceptable: _not_acceptable,
    errors.ValidationFailed: _validation_failed,
    errors.Unauthenticated: _unauthenticated,
    errors.Forbidden: _forbidden,
    errors.KeysUnavailable: lambda _: Reply(
        503, "Authentication service unavailable", headers=(retry_after(1),)
    ),
    errors.KeyConflict: lambda error: Reply(409, str(error)),
    errors.NotFound: lambda _: Reply(404, "Resource not found"),
    http_errors.MethodNotAllowed: _method_not_allowed,
    http_errors.PayloadTooLarge: _payload_too_large,
    http_errors.UnsupportedMediaType: _unsupported_media_type,
    http_errors.UriTooLong: _uri_too_long,
    http_errors.HeadersTooLarge: _headers_too_large,
    http_errors.RequestTimeout: _request_timeout,
    http_errors.RateLimited: _rate_limited,
    http_errors.Overloaded: _overloaded,
    errors.LimiterUnavailable: _limiter_unavailable,
    errors.VersionConflict: _version_conflict,
    errors.PreconditionFailed: lambda _: Reply(412, "The precondition does not hold"),
    http_errors.PreconditionRequired: lambda _: Reply(428, "If-Match is required: send the record's ETag"),
    errors.WriteContention: lambda _: Reply(
        409, "Other requests keep changing the record", headers=(retry_after(1),)
    ),
    errors.IdempotencyKeyReused: _key_reused,
    errors.IdempotencyKeyInFlight: _key_in_flight,
    errors.UniqueConflict: _unique_conflict,
    errors.ReferenceMissing: _reference_missing,
    errors.Referenced: _referenced,
    errors.CascadeTooLarge: _cascade_too_large,
    errors.SeveralRecords: lambda _: Reply(
        409,
        "Records of several owners have this value: list them, or as an administrator name one by ?owner=",
    ),
    errors.QueryTooExpensive: _query_too_expensive,
    errors.QueriesWaiting: lambda _: Reply(
        503, "Too many queries without an index are under way", headers=(retry_after(1),)
    ),
    errors.QueryUnsupported: lambda error: Reply(422, str(error)),
    errors.TransactionTooLarge: lambda _: Reply(
        413, "What the batch leaves behind is more than is kept at once: send fewer operations"
    ),
    errors.StoreUnavailable: _store_unavailable,
    errors.StoreError: lambda _: Reply(500, "Database query error"),
    http_errors.HeadTimeout: _head_timeout,
    http_errors.TooManyFields: _too_many_fields,
    http_errors.FramingTooLarge: _framing_too_large,
    http_errors.UnknownMethod: lambda _: Reply(
        405, "Method not allowed", headers=(("allow", EVERY_METHOD),)
    ),
    http_errors.UnmetExpectation: lambda _: Reply(417, "Expect must be 100-continue"),
    http_errors.UnsupportedProtocol: lambda _: Reply(400, "HTTP version must be 1.0 or 1.1"),
    http_errors.UnsupportedTransfer: lambda _: Reply(501, "Transfer-Encoding must be chunked"),
    http_errors.UnsupportedEncoding: lambda _: Reply(
        415, "Content-Encoding must be identity or absent", headers=(("accept-encoding", "identity"),)
    ),
}
