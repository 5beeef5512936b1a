"""The handlers of a resource: decode, ask the service, encode."""

from typing import Final

from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.http.guards.body import BodyReader
from estuary.http.messages import Request, Response
from estuary.http.records.answers import WrittenAnswers
from estuary.http.records.codec import RecordCodec
from estuary.http.records.creation import Creation
from estuary.http.records.list_parameters import ListParameters
from estuary.http.records.list_read import ListRead
from estuary.http.records.list_request import ListRequests
from estuary.http.records.listings import ListAnswers
from estuary.http.records.point_read import PointRead
from estuary.http.records.projection import FIELDS
from estuary.http.records.query_body import QueryBodies
from estuary.http.records.query_string import refuse_parameters
from estuary.http.records.querying import Querying
from estuary.http.records.write_headers.write_headers import WriteHeadersReader


class RecordHandlers:
    """What the routes of a resource do. `path` is the collection's own path."""

    def __init__(
        self, records: RecordService, body: BodyReader, write_headers: WriteHeadersReader, path: str
    ) -> None:
        self.resource: Resource = records.resource
        self._records = records
        self._body = body
        self._write_headers = write_headers
        self._codec = RecordCodec(records.resource)
        self._answers = WrittenAnswers(self._codec, path)
        requests = ListRequests(records.resource)
        lists = ListAnswers(self._codec, requests.cursors, path)
        bodies = QueryBodies(records.resource, requests)
        parameters = ListParameters(records.resource, requests)
        self.check_many: Final = parameters.refuse_unknown
        self.list = ListRead(records, parameters, lists)
        self.query = Querying(records.list, body, bodies, lists)
        self.read = PointRead(records, self._codec, requests.projections)
        self.create = Creation(records, body, write_headers, self._codec, self._answers)

    def check_one(self, query: str) -> None:
        """Raise `InvalidParameter` where `query` has a parameter that no method of a record knows."""
        refuse_parameters(query, (FIELDS,))

    async def update(self, request: Request) -> Response:
        """PUT on a record: the fields given are set, the others stay."""
        headers = self._write_headers.of_change(request)
        arrived = self._body.read_json(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        changes = self._codec.changes(body)
        written = await self._records.update(
            request.record_id, changes, headers.options(body), headers.precondition.holds
        )
        return self._answers.answer(200, written)

    async def delete(self, request: Request) -> Response:
        """DELETE on a record: 204."""
        headers = self._write_headers.of_change(request)
        written = await self._records.delete(
            request.record_id, headers.options(b""), headers.precondition.holds
        )
        return self._answers.answer(204, written)
