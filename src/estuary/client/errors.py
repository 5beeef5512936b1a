"""The exceptions that calls raise; `EstuaryError` is the base class of all."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec


class Violation(msgspec.Struct, frozen=True):
    """One rule that one field breaks: `code` is for programs, `message` for people."""

    field: str
    message: str
    code: str


class EstuaryError(Exception):
    """The base class of all that a call raises, but for wrong arguments (`ValueError`, `TypeError`)."""


class NoAnswer(EstuaryError):
    """No answer came within the time and the attempts that the call had; the cause is the last failure.

    A write may have been carried out, or not. Sent again with this `idempotency_key`, it takes effect once.
    """

    def __init__(self, message: str, idempotency_key: str | None = None) -> None:
        super().__init__(message)
        self.idempotency_key = idempotency_key


class UnexpectedAnswer(EstuaryError):
    """The answer is not one that Estuary gives, or has a record that cannot be read as its type.

    A write may have been carried out, or not. Sent again with this `idempotency_key`, it takes effect once.
    """

    idempotency_key: str | None = None


class NotShown(EstuaryError):
    """The write was made, but the asker may not read the record: the answer does not show it."""

    def __init__(self) -> None:
        super().__init__(
            "the write was made; the service shows nothing of the record to who may not read it"
        )


class Refused(EstuaryError):
    """The service refused the call.

    `status` is HTTP's; `code`, `message`, `violations`, `details` and `request_id` are those of the
    answer's envelope; by `request_id` the operator finds the request in the log. `retry_after` is how many
    seconds the service asks to wait. `operation` is the place, from 0, of the write of a batch that was
    refused. With `idempotency_key` a write that may have been carried out (5xx) can be sent again.
    """

    status: int
    code: str
    message: str

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        violations: tuple[Violation, ...] = (),
        request_id: str | None = None,
        details: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
        operation: int | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.violations = violations
        self.request_id = request_id
        self.details: Mapping[str, Any] = details or {}
        self.retry_after = retry_after
        self.operation = operation
        self.idempotency_key = idempotency_key

    def __str__(self) -> str:
        parts = [f"{self.status} {self.code}: {self.message}"]
        parts += [f"{each.field}: {each.message}" for each in self.violations]
        if self.operation is not None:
            parts.append(f"operation {self.operation} of the batch")
        if self.request_id:
            parts.append(f"request {self.request_id}")
        return "; ".join(parts)


class BadRequest(Refused):
    """400: the service does not understand the request; violations or message say what of it."""


class CursorExpired(BadRequest):
    """400: the service does not take the cursor that a list was to go on from.

    `seen` is the number of records that the walk has given, `cursor` what was refused. Estuary's cursors do
    not expire; one is refused where conditions, order or, by another token, the owner are not its list's.
    """

    cursor: str = ""
    seen: int = 0


class Unauthorized(Refused):
    """401: there is no token or key, or it does not hold."""


class Forbidden(Refused):
    """403: this is not allowed to who asks."""


class NotFound(Refused):
    """404: there is no such record, or it is not shown to who asks."""


class Conflict(Refused):
    """409: another record has a value that must be unique (`violations` name the fields, code `unique`).

    Or others refer to the record that was to be deleted (`referenced`), or several have the value.
    """


class PreconditionFailed(Refused):
    """412: the record is in another version, or there is one already under the id."""


class ContentTooLarge(Refused):
    """413: the body, or what a batch leaves behind, is too large."""


class ValidationFailed(Refused):
    """422: `violations` say which fields break which rules."""


class QueryRefused(Refused):
    """422: the query costs too much without an index, or is more than the store can answer."""


class PreconditionRequired(Refused):
    """428: the service requires `version`."""


class RateLimited(Refused):
    """429: too many requests, and `retry_after` is longer than the call had left."""


class ServerError(Refused):
    """5xx: the service, or what stands before it, failed."""


class ServiceUnavailable(ServerError):
    """503: the service, or its store, is unavailable or overloaded."""


class _Details(msgspec.Struct):
    validation_errors: tuple[Violation, ...] = ()
    context: dict[str, Any] | None = None
    operation: int | None = None


class _Envelope(msgspec.Struct):
    """The body of every refusal of Estuary's."""

    error: str
    message: str
    request_id: str | None = None
    details: _Details | None = None


_KINDS: dict[int, type[Refused]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    413: ContentTooLarge,
    422: ValidationFailed,
    428: PreconditionRequired,
    429: RateLimited,
    503: ServiceUnavailable,
}
_QUERY_CODES = ("QUERY_TOO_EXPENSIVE", "QUERY_UNSUPPORTED")


class Refusal(msgspec.Struct, frozen=True):
    """An answer that refuses, as it came."""

    FROM_ELSEWHERE: ClassVar[str] = "the answer is not in Estuary's envelope; a proxy may have given it"

    status: int
    body: bytes
    retry_after: float | None = None
    idempotency_key: str | None = None

    def error(self) -> Refused:
        """The exception that stands for it."""
        try:
            envelope = msgspec.json.decode(self.body, type=_Envelope)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            envelope = _Envelope("UNKNOWN", self.FROM_ELSEWHERE)
        kind = _KINDS.get(self.status, ServerError if self.status >= 500 else Refused)
        if envelope.error in _QUERY_CODES:
            kind = QueryRefused
        elif kind is BadRequest and envelope.message.startswith("cursor:"):
            kind = CursorExpired
        details = envelope.details or _Details()
        return kind(
            self.status,
            envelope.error,
            envelope.message,
            violations=details.validation_errors,
            request_id=envelope.request_id,
            details=details.context,
            retry_after=self.retry_after,
            operation=details.operation,
            idempotency_key=self.idempotency_key,
        )
