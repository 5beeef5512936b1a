"""Errors that are answered with the same words each time: their answers are made at start-up."""

from collections.abc import Mapping
from typing import Final

from estuary.core import errors
from estuary.http import errors as http_errors
from estuary.http.error_reply import Reply, Wording, retry_after, worded
from estuary.http.messages import EVERY_METHOD, line

CHALLENGE: Final = 'Bearer realm="estuary"'


def _challenged(message: str, rest: str = "") -> Reply:
    """The answer to an asker without a token that holds."""
    wording = Wording(errors.Unauthenticated, 401, message)
    return worded(wording, line("www-authenticate", f"{CHALLENGE}{rest}"))


MISSING: Final = _challenged("Authentication required")
"""RFC 6750, 3.1: the answer to a request without a token names the scheme alone."""
INVALID: Final = _challenged("Invalid authentication token", ', error="invalid_token"')
EXPIRED: Final = _challenged(
    "Invalid authentication token", ', error="invalid_token", error_description="The token has expired"'
)
LIMITED: Final = Wording(http_errors.RateLimited, 429, "Too many requests")
OVERLOADED: Final = Wording(http_errors.Overloaded, 503, "Service is overloaded")

_SOON: Final = retry_after(1)
_ALIKE: Final[list[tuple[type[errors.EstuaryError], int, str, str]]] = [
    (errors.KeysUnavailable, 503, "Authentication service unavailable", _SOON),
    (errors.NotFound, 404, "Resource not found", ""),
    (errors.LimiterUnavailable, 503, "Rate limiting is unavailable", _SOON),
    (errors.PreconditionFailed, 412, "The precondition does not hold", ""),
    (http_errors.PreconditionRequired, 428, "If-Match is required: send the record's ETag", ""),
    (errors.WriteContention, 409, "Other requests keep changing the record", _SOON),
    (
        errors.IdempotencyKeyInFlight,
        409,
        "A request with this Idempotency-Key is still being worked on",
        _SOON,
    ),
    (
        errors.SeveralRecords,
        409,
        "Records of several owners have this value: list them, or as an administrator name one by ?owner=",
        "",
    ),
    (errors.QueriesWaiting, 503, "Too many queries without an index are under way", _SOON),
    (
        errors.TransactionTooLarge,
        413,
        "What the batch leaves behind is more than is kept at once: send fewer operations",
        "",
    ),
    (errors.StoreUnavailable, 503, "Database connection error", _SOON),
    (errors.StoreError, 500, "Database query error", ""),
    (http_errors.UnknownMethod, 405, "Method not allowed", line("allow", EVERY_METHOD)),
    (http_errors.UnmetExpectation, 417, "Expect must be 100-continue", ""),
    (http_errors.UnsupportedProtocol, 400, "HTTP version must be 1.0 or 1.1", ""),
    (http_errors.UnsupportedTransfer, 501, "Transfer-Encoding must be chunked", ""),
    (
        http_errors.UnsupportedEncoding,
        415,
        "Content-Encoding must be identity or absent",
        line("accept-encoding", "identity"),
    ),
]
"""Kinds of errors with the status, the message and the header fields of their answers."""

REPLIES: Final[Mapping[type, Reply]] = {
    kind: worded(Wording(kind, status, message), lines) for kind, status, message, lines in _ALIKE
}
"""The answer to the errors of each kind."""
