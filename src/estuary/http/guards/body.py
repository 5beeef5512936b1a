"""Bodies: of a known type, within the limit, in time, and whole."""

from collections.abc import Awaitable
from typing import Final

from estuary.core.decimals import decimal
from estuary.http.errors import BadRequest, PayloadTooLarge, UnsupportedEncoding, UnsupportedMediaType
from estuary.http.guards.arriving_body import arriving_body
from estuary.http.messages import Header, Request

_MAX_LENGTH_DIGITS: Final = 19
_JSON: Final = "application/json"
PATCH_TYPES: Final = ("application/merge-patch+json", _JSON)
ACCEPT_QUERY: Final[Header] = ("accept-query", _JSON)
"""The media type in which a collection accepts QUERY (RFC 10008, 3)."""
ACCEPT_PATCH: Final[Header] = ("accept-patch", ", ".join(PATCH_TYPES))
"""The media types in which a record accepts PATCH (RFC 5789, 3.1)."""


class BodyReader:
    """Reads request bodies of at most `limit` bytes that arrive within `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds

    def read_json(self, request: Request) -> bytes | Awaitable[bytes]:
        """The body of a request that says it is JSON, at once if it is here.

        Raises `BadRequest` (another type, a truncated body), `UnsupportedEncoding`, `PayloadTooLarge`,
        `RequestTimeout`.
        """
        if not _is_json(request.headers.get("content-type")):
            raise BadRequest("Missing Content-Type: application/json header")
        return self._read(request)

    def read_query(self, request: Request) -> bytes | Awaitable[bytes]:
        """The body of a query, of the one type that collections say they take.

        Raises `UnsupportedMediaType`, and else what `read_json` does.
        """
        if _essence(request.headers.get("content-type") or "") != _JSON:
            raise UnsupportedMediaType(*ACCEPT_QUERY)
        return self._read(request)

    def read_patch(self, request: Request) -> bytes | Awaitable[bytes]:
        """The body of a merge patch, of a type that records say they take.

        Raises `UnsupportedMediaType`, and else what `read_json` does.
        """
        content_type = request.headers.get("content-type") or ""
        if content_type not in PATCH_TYPES and _essence(content_type) not in PATCH_TYPES:
            raise UnsupportedMediaType(*ACCEPT_PATCH)
        return self._read(request)

    def _read(self, request: Request) -> bytes | Awaitable[bytes]:
        encoding = request.headers.get("content-encoding")
        if encoding is not None and encoding.strip().lower() != "identity":
            raise UnsupportedEncoding(encoding)
        arrived = request.arrived_body
        if arrived is not None and request.headers.get("content-length") == decimal(len(arrived)):
            return self._whole(arrived)  # as nearly always: nothing has to be made of what the head says
        length = self._declared_length(request)
        if arrived is not None:
            return self._whole(arrived)
        return arriving_body(request, length, self._limit, self._seconds)

    def _whole(self, body: bytes) -> bytes:
        """A body that its server has read to the end: it needs no deadline."""
        if len(body) > self._limit:
            raise PayloadTooLarge(self._limit)
        return body

    def _declared_length(self, request: Request) -> int | None:
        """Content-Length, already held against the limit; None for a chunked body."""
        declared = request.headers.get("content-length")
        if declared is None:
            return None if request.headers.get("transfer-encoding") is not None else 0
        if not (declared.isascii() and declared.isdigit() and len(declared) <= _MAX_LENGTH_DIGITS):
            raise BadRequest("Content-Length must be a whole number")
        length = int(declared)
        if length > self._limit:
            raise PayloadTooLarge(self._limit)
        return length


def _is_json(content_type: str | None) -> bool:
    """`application/json` or any `application/*+json` (RFC 6839), parameters aside."""
    if content_type is None:
        return False
    if content_type == _JSON:
        return True
    essence = _essence(content_type)
    return essence == _JSON or (
        essence.startswith("application/") and essence.endswith("+json") and len(essence) > 17
    )


def _essence(content_type: str) -> str:
    """The media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()
