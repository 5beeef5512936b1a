"""The handlers that write to a record which its id names: put, patch, delete."""

from collections.abc import Awaitable
from functools import partial

from estuary.core.access.granted_writes import record_of, within
from estuary.core.record import Written
from estuary.core.record_id import is_record_id
from estuary.core.record_service import RecordService
from estuary.http.errors import InvalidParameter
from estuary.http.messages import Request, Response
from estuary.http.records.write_steps import WriteSteps

ID_MESSAGE = "Must be a UUID, such as 01a20ae4-aaec-7239-acf3-5c06e8eab230"


class ChangeHandlers:
    """PUT, PATCH and DELETE on a record."""

    def __init__(self, records: RecordService, steps: WriteSteps) -> None:
        self._records = records
        self._write_headers, self._body, self._codec, self._answers = steps

    async def put(self, request: Request) -> Response:
        """PUT: the fields given are set, the others stay; or the record is created under its id."""
        headers = self._write_headers.of_put(request)
        creates = headers.precondition.absent
        if creates and not is_record_id(request.record_id):
            raise InvalidParameter("id", ID_MESSAGE)
        arrived = self._body.read_json(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        options = headers.options(body)
        if creates:
            written = await self._records.create_at(request.record_id, self._codec.draft(body), options)
            answer = self._answers.answer(201, written, headers)
            return answer if isinstance(answer, Response) else await answer
        changes = self._codec.changes(body)
        write = self._records.update(request.record_id, changes, options, headers.precondition.holds)
        answer = self._answers.answer(200, await self._within(request, write), headers)
        return answer if isinstance(answer, Response) else await answer

    async def patch(self, request: Request) -> Response:
        """PATCH (RFC 5789) with a merge patch (RFC 7396): null clears, what is absent stays."""
        headers = self._write_headers.of_change(request)
        arrived = self._body.read_patch(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        patch = self._codec.patch(body)
        options, holds = headers.options(body), headers.precondition.holds
        write = self._records.patch(request.record_id, patch, options, holds)
        answer = self._answers.answer(200, await self._within(request, write), headers)
        return answer if isinstance(answer, Response) else await answer

    async def delete(self, request: Request) -> Response:
        """DELETE: 204."""
        headers = self._write_headers.of_change(request)
        options, holds = headers.options(b""), headers.precondition.holds
        write = self._records.delete(request.record_id, options, holds)
        written = await self._within(request, write)
        return self._answers.granted(204, written, headers, headers.grant)

    def _within(self, request: Request, write: Awaitable[Written]) -> Awaitable[Written]:
        return within(request.grant, write, partial(record_of, self._records.get, request.record_id))
