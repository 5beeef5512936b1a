"""What the headers of a write ask for, read before its body: a version, a key, an owner's records."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from estuary.core.writes import UNCONDITIONAL, WriteOptions
from estuary.http.errors import PreconditionRequired
from estuary.http.messages import Request
from estuary.http.records.query_string import refuse_parameters
from estuary.http.records.write_headers.idempotency import KeyHeader, key_text
from estuary.http.records.write_headers.preconditions import NO_PRECONDITION, Precondition, precondition_of


class WriteHeaders:
    """What the headers of one write ask for."""

    __slots__ = ("key", "owner", "precondition")

    def __init__(
        self,
        owner: str | None = None,
        key: KeyHeader | None = None,
        precondition: Precondition = NO_PRECONDITION,
    ) -> None:
        self.owner: Final = owner
        self.key: Final = key
        self.precondition: Final = precondition

    def options(self, body: bytes) -> WriteOptions:
        """The options of the write, now that its body is known."""
        if self is NO_WRITE_HEADERS:
            return UNCONDITIONAL
        key = None if self.key is None else self.key.with_body(body)
        return WriteOptions(self.owner, self.precondition.version, key)


NO_WRITE_HEADERS: Final = WriteHeaders()


class WriteHeadersReader:
    """Reads write headers; `now` gives the time, `require_if_match` refuses changes without a version."""

    def __init__(self, now: Callable[[], datetime], *, require_if_match: bool) -> None:
        self._now = now
        self._require_if_match = require_if_match

    def of_create(self, request: Request) -> WriteHeaders:
        """Those of a request to create; preconditions are about records, of which there is none yet.

        Raises `InvalidParameter`, also for any query parameter, of which writes take none.
        """
        if request.query:
            refuse_parameters(request.query)
        text = key_text(request)
        if text is None and request.owner is None:
            return NO_WRITE_HEADERS
        return WriteHeaders(request.owner, self._key(request, text))

    def of_change(self, request: Request) -> WriteHeaders:
        """Those of a request to change; raises `InvalidParameter`, `PreconditionRequired`."""
        if request.query:
            refuse_parameters(request.query)
        headers = request.headers
        if headers.get("if-match") is None:
            if self._require_if_match:
                raise PreconditionRequired
            if headers.get("if-none-match") is None:
                return self.of_create(request)
        key = self._key(request, key_text(request))
        return WriteHeaders(request.owner, key, precondition_of(headers))

    def _key(self, request: Request, text: str | None) -> KeyHeader | None:
        return None if text is None else KeyHeader(request, text, self._now())
