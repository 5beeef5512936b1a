"""What the headers of a write demand, read before its body: a version, a key, an owner's records alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from estuary.core.record_service import Precondition
from estuary.core.writes import UNCONDITIONAL, WriteOptions
from estuary.http.errors import PreconditionRequired
from estuary.http.messages import Request
from estuary.http.records.idempotency import KeyedRequest, key_text
from estuary.http.records.preconditions import Expectation, expectation
from estuary.http.records.query_string import refuse_parameters


class Demands(NamedTuple):
    """What one write demands."""

    owner: str | None = None
    keyed: KeyedRequest | None = None
    expected: Expectation = Expectation()

    @property
    def precondition(self) -> Precondition | None:
        """What the version that is there must meet."""
        return self.expected.precondition

    def options(self, body: bytes) -> WriteOptions:
        """The options of the write, now that its body is known."""
        if self is NO_DEMANDS:
            return UNCONDITIONAL
        key = None if self.keyed is None else self.keyed.key(body)
        return WriteOptions(self.owner, self.expected.version, key)


NO_DEMANDS: Final = Demands()


class DemandReader:
    """Reads demands; `now` gives the time, `require_if_match` refuses changes that name no version."""

    def __init__(self, now: Callable[[], datetime], *, require_if_match: bool) -> None:
        self._now = now
        self._require_if_match = require_if_match

    def of_create(self, request: Request) -> Demands:
        """The demands of a request to create; preconditions are about records, of which there is none yet.

        Raises `InvalidParameter`, also for any query parameter, of which writes take none.
        """
        if request.query:
            refuse_parameters(request.query)
        text = key_text(request)
        if text is None and request.owner is None:
            return NO_DEMANDS
        return Demands(request.owner, self._keyed(request, text))

    def of_change(self, request: Request) -> Demands:
        """The demands of a request to change; raises `InvalidParameter`, `PreconditionRequired`."""
        if request.query:
            refuse_parameters(request.query)
        headers = request.headers
        if headers.get("if-match") is None:
            if self._require_if_match:
                raise PreconditionRequired
            if headers.get("if-none-match") is None:
                return self.of_create(request)
        return Demands(request.owner, self._keyed(request, key_text(request)), expectation(headers))

    def _keyed(self, request: Request, text: str | None) -> KeyedRequest | None:
        return None if text is None else KeyedRequest(request, text, self._now())
