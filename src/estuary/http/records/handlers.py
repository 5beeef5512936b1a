"""The handlers of a resource: decode, ask the service, encode."""

from collections.abc import Awaitable
from functools import partial

from estuary.core.granted_writes import record_of, within
from estuary.core.record import Written
from estuary.core.record_id import is_record_id
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.http.errors import InvalidParameter
from estuary.http.guards.body import BodyReader
from estuary.http.messages import Request, Response
from estuary.http.records.answers import WrittenAnswers
from estuary.http.records.by_value import ByValue
from estuary.http.records.codec import RecordCodec
from estuary.http.records.creation import Creation
from estuary.http.records.list_parameters import ListParameters
from estuary.http.records.list_read import ListRead
from estuary.http.records.list_request import OWNER, ListRequests
from estuary.http.records.listings import ListAnswers
from estuary.http.records.point_read import PointRead
from estuary.http.records.projection import FIELDS
from estuary.http.records.query_body import QueryBodies
from estuary.http.records.query_string import refuse_parameters
from estuary.http.records.querying import Querying
from estuary.http.records.write_headers.write_headers import WriteHeadersReader
from estuary.http.records.write_headers.write_parameters import VALIDATE_ONLY

ID_MESSAGE = "Must be a UUID, such as 01a20ae4-aaec-7239-acf3-5c06e8eab230"


class RecordHandlers:
    """What the routes of a resource do. `path` is the collection's own path."""

    def __init__(
        self, records: RecordService, body: BodyReader, write_headers: WriteHeadersReader, path: str
    ) -> None:
        self.resource: Resource = records.resource
        self._records = records
        self._body = body
        self._write_headers = write_headers
        self.codec = RecordCodec(records.resource)
        self.answers = WrittenAnswers(self.codec, path)
        requests = ListRequests(records.resource)
        lists = ListAnswers(self.codec, requests.cursors, path)
        bodies = QueryBodies(records.resource, requests)
        parameters = ListParameters(records.resource, requests)
        self._list_parameters = parameters
        self.list = ListRead(records, parameters, lists)
        self.query = Querying(records.list, body, bodies, lists)
        self.read = PointRead(records, self.codec, requests.projections)
        self.create = Creation(records, body, write_headers, self.codec, self.answers)
        self.by_value = [
            ByValue(
                records,
                key,
                body,
                write_headers,
                self.codec,
                self.answers,
                self.read,
                requests.projections,
                path,
            )
            for key in records.resource.unique_keys
            if len(key.fields) == 1
        ]

    def check_many(self, query: str) -> None:
        """Raise `InvalidParameter` where `query` has a parameter that no method of a collection knows."""
        self._list_parameters.refuse_unknown(query, (VALIDATE_ONLY, OWNER))

    def check_one(self, query: str) -> None:
        """Raise `InvalidParameter` where `query` has a parameter that no method of a record knows."""
        refuse_parameters(query, (FIELDS, VALIDATE_ONLY))

    async def put(self, request: Request) -> Response:
        """PUT on a record: the fields given are set, the others stay; or it is created under its id."""
        headers = self._write_headers.of_put(request)
        creates = headers.precondition.absent
        if creates and not is_record_id(request.record_id):
            raise InvalidParameter("id", ID_MESSAGE)
        arrived = self._body.read_json(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        options = headers.options(body)
        if creates:
            written = await self._records.create_at(request.record_id, self.codec.draft(body), options)
            return self.answers.answer(201, written, headers)
        changes = self.codec.changes(body)
        write = self._records.update(request.record_id, changes, options, headers.precondition.holds)
        written = await self._within(request, write)
        return self.answers.answer(200, written, headers)

    async def patch(self, request: Request) -> Response:
        """PATCH on a record (RFC 5789) with a merge patch (RFC 7396): null clears, what is absent stays."""
        headers = self._write_headers.of_change(request)
        arrived = self._body.read_patch(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        patch = self.codec.patch(body)
        options, holds = headers.options(body), headers.precondition.holds
        write = self._records.patch(request.record_id, patch, options, holds)
        written = await self._within(request, write)
        return self.answers.answer(200, written, headers)

    async def delete(self, request: Request) -> Response:
        """DELETE on a record: 204."""
        headers = self._write_headers.of_change(request)
        options, holds = headers.options(b""), headers.precondition.holds
        write = self._records.delete(request.record_id, options, holds)
        return self.answers.answer(204, await self._within(request, write), headers)

    def _within(self, request: Request, write: Awaitable[Written]) -> Awaitable[Written]:
        return within(request.grant, write, partial(record_of, self._records.get, request.record_id))
