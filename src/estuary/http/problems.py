"""Problems: where an error becomes a status and a body; see `worded_errors.py` for those always alike."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from estuary.core import errors
from estuary.core.access.identity import Refusal
from estuary.core.errors import Violation
from estuary.core.moments import in_utc
from estuary.http import errors as http_errors
from estuary.http.envelopes import Details, Envelope
from estuary.http.error_reply import Reply, problem_of, retry_after, worded
from estuary.http.messages import JSON, Request, Response, line
from estuary.http.negotiation import Offer, accepted
from estuary.http.records.write_headers.entity_tags import tag_of_version
from estuary.http.worded_errors import CHALLENGE, EXPIRED, INVALID, LIMITED, MISSING, OVERLOADED, REPLIES

_PROBLEM_JSON: Final = line("content-type", "application/problem+json")
_ENVELOPE_JSON: Final = line(*JSON)
_PROBLEM: Final = Offer("application", "problem+json")
_ENVELOPE: Final = Offer("application", "json")

_INTERNAL: Final = Reply(500, "Internal server error")


class Problems:
    """Renders errors in the envelope, or as RFC 9457 problem details for clients that ask for them.

    `timestamp` gives the time in the body, in seconds since the epoch.
    """

    def __init__(self, timestamp: Callable[[], float]) -> None:
        self._timestamp = timestamp
        self._encode = msgspec.json.Encoder().encode

    def render(self, error: Exception, request: Request) -> Response:
        """The answer for `error`; an unforeseen one is a 500 that says nothing of its cause."""
        operation = None
        if isinstance(error, errors.WriteRefused):
            operation, error = error.index, error.refusal
        answer = _answer_to(error)
        headers = request.headers
        as_problem = headers.get("accept") is not None and accepted(headers).prefers(_PROBLEM, _ENVELOPE)
        wording, now = answer.wording, in_utc(int(self._timestamp() * 1_000_000.0))
        if wording is not None and wording.kind is type(error) and operation is None:
            body = wording.body(now, request.request_id, as_problem=as_problem)
        else:
            code = error.code if isinstance(error, errors.EstuaryError) else errors.EstuaryError.code
            form = problem_of if as_problem else _envelope_of
            body = self._encode(form(code, answer, now, request.request_id, operation))
        content_type = _PROBLEM_JSON if as_problem else _ENVELOPE_JSON
        return Response(answer.status, body, (), answer.close, f"{content_type}{answer.lines}")


def _envelope_of(
    code: str, answer: Reply, timestamp: str, request_id: str, operation: int | None
) -> Envelope:
    details = None
    if answer.violations or answer.context or operation is not None:
        details = Details(answer.violations, answer.context, operation)
    return Envelope(code, answer.message, timestamp, request_id, details)


def _answer_to(error: Exception) -> Reply:
    form = _FORMS.get(type(error)) or _form_of_family(error)
    if form is None:
        return _INTERNAL
    return form if isinstance(form, Reply) else form(error)


def _form_of_family(error: Exception) -> "Form | None":
    """The form for the nearest class of which `error` is an instance."""
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
    """Of what is wrong with a token only what its client can do something about: a forger would learn."""
    if error.reason == Refusal.MISSING:
        return MISSING
    return EXPIRED if error.reason == Refusal.EXPIRED else INVALID


def _forbidden(error: errors.Forbidden) -> Reply:
    """RFC 6750, 3.1: it names the scope, so that the client can ask for a token that has it."""
    if error.scope is None:
        return Reply(403, "This is not allowed")
    challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{error.scope}"'
    message = f"The token does not grant the scope {error.scope}"
    context = {"scope": error.scope}
    return Reply(403, message, context=context, lines=line("www-authenticate", challenge))


def _method_not_allowed(error: http_errors.MethodNotAllowed) -> Reply:
    allow = ", ".join(error.allowed)
    return Reply(405, "Method not allowed", context={"allowed": allow}, lines=line("allow", allow))


def _payload_too_large(error: http_errors.PayloadTooLarge) -> Reply:
    return Reply(413, f"Request body must be at most {error.limit} bytes", context={"limit": error.limit})


def _unsupported_media_type(error: http_errors.UnsupportedMediaType) -> Reply:
    """RFC 5789, 2.2; RFC 10008, 3: it names what would be taken."""
    message = f"Content-Type must be {error.accepted.replace(', ', ' or ')}"
    return Reply(415, message, lines=line(error.header, error.accepted))


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
    return worded(LIMITED, retry_after(error.resets_in))


def _overloaded(error: http_errors.Overloaded) -> Reply:
    return worded(OVERLOADED, retry_after(error.retry_in))


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


Form = Reply | Callable[[Any], Reply]
"""The answer to the errors of a class, or what makes it of one of them."""

_FORMS: Final[dict[type, Form]] = {
    **REPLIES,
    http_errors.BadRequest: _bad_request,
    http_errors.VersionNotAcceptable: _not_acceptable,
    errors.ValidationFailed: _validation_failed,
    errors.Unauthenticated: _unauthenticated,
    errors.Forbidden: _forbidden,
    errors.KeyConflict: lambda error: Reply(409, str(error)),
    http_errors.MethodNotAllowed: _method_not_allowed,
    http_errors.PayloadTooLarge: _payload_too_large,
    http_errors.UnsupportedMediaType: _unsupported_media_type,
    http_errors.UriTooLong: _uri_too_long,
    http_errors.HeadersTooLarge: _headers_too_large,
    http_errors.RequestTimeout: _request_timeout,
    http_errors.RateLimited: _rate_limited,
    http_errors.Overloaded: _overloaded,
    errors.VersionConflict: _version_conflict,
    errors.IdempotencyKeyReused: _key_reused,
    errors.UniqueConflict: _unique_conflict,
    errors.ReferenceMissing: _reference_missing,
    errors.Referenced: _referenced,
    errors.CascadeTooLarge: _cascade_too_large,
    errors.QueryTooExpensive: _query_too_expensive,
    errors.QueryUnsupported: lambda error: Reply(422, str(error)),
    http_errors.HeadTimeout: _head_timeout,
    http_errors.TooManyFields: _too_many_fields,
    http_errors.FramingTooLarge: _framing_too_large,
}
