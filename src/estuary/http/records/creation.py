"""The handler that creates: it answers at once where body and store need not be waited for."""

from collections.abc import Awaitable

from estuary.core.record import Written
from estuary.core.record_service import RecordService
from estuary.http.messages import Request, Response
from estuary.http.records.write_headers.write_headers import WriteHeaders
from estuary.http.records.write_steps import WriteSteps
from estuary.http.waiting import then_maybe_later


class Creation:
    """POST on a collection: 201 with the record and where it is."""

    def __init__(self, records: RecordService, steps: WriteSteps) -> None:
        self._records = records
        self._write_headers, self._body, self._codec, self._answers = steps

    def __call__(self, request: Request) -> Response | Awaitable[Response]:
        """Answer `request`; raises what its headers, its body and its fields are refused with."""
        headers = self._write_headers.of_create(request)
        body = self._body.read_json(request)
        if isinstance(body, bytes):
            return self._with_body(headers, body)
        return self._body_later(headers, body)

    def _with_body(self, headers: WriteHeaders, body: bytes) -> Response | Awaitable[Response]:
        written = self._records.create(self._codec.draft(body), headers.options(body))
        if isinstance(written, Written):
            return self._answers.answer(201, written, headers)
        return self._written_later(headers, written)

    # Apart, for what a nested function needs is made on every call of the function around it.

    def _body_later(self, headers: WriteHeaders, body: Awaitable[bytes]) -> Awaitable[Response]:
        return then_maybe_later(body, lambda arrived: self._with_body(headers, arrived))

    def _written_later(self, headers: WriteHeaders, written: Awaitable[Written]) -> Awaitable[Response]:
        return then_maybe_later(written, lambda done: self._answers.answer(201, done, headers))
