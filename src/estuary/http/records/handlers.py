"""The handlers of a resource: decode, ask the service, encode."""

from collections.abc import Awaitable

from estuary.core.query import ListQuery, ListResult
from estuary.core.record import Position
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.http.guards.body import BodyReader
from estuary.http.messages import JSON, Header, Request, Response
from estuary.http.records.answers import WrittenAnswers
from estuary.http.records.codec import RecordCodec
from estuary.http.records.creation import Creation
from estuary.http.records.cursors import encode_cursor
from estuary.http.records.demands import DemandReader
from estuary.http.records.entity_tags import tag_of_content
from estuary.http.records.list_parameters import parameters_of, parse
from estuary.http.records.point_read import PointRead
from estuary.http.records.preconditions import is_known
from estuary.http.waiting import then

_JSON_ONLY = (JSON,)
_FIRST = ListQuery()


class RecordHandlers:
    """What the two routes of a resource do. `path` is the collection's own path."""

    def __init__(self, records: RecordService, body: BodyReader, demands: DemandReader, path: str) -> None:
        self.resource: Resource = records.resource
        self._records = records
        self._body = body
        self._demands = demands
        self._path = path
        self._codec = RecordCodec(records.resource)
        self._answers = WrittenAnswers(self._codec, path)
        self.read = PointRead(records.get, self._codec)
        self.create = Creation(records.create, body, demands, self._codec, self._answers)

    def list(self, request: Request) -> Response | Awaitable[Response]:
        """GET on the collection, by offset or by cursor; 304 where what it would tell is known."""
        query = self._query(request)
        result = self._records.list(query)
        if isinstance(result, ListResult):
            return self._listed(request, query, result)
        return then(result, lambda found: self._listed(request, query, found))

    async def update(self, request: Request) -> Response:
        """PUT on a record: the fields given are set, the others stay."""
        demands = self._demands.of_change(request)
        arrived = self._body.read_json(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        changes = self._codec.changes(body)
        written = await self._records.update(
            request.record_id, changes, demands.options(body), demands.precondition
        )
        return self._answers.answer(200, written)

    async def delete(self, request: Request) -> Response:
        """DELETE on a record: 204."""
        demands = self._demands.of_change(request)
        written = await self._records.delete(request.record_id, demands.options(b""), demands.precondition)
        return self._answers.answer(204, written)

    def _query(self, request: Request) -> ListQuery:
        if not request.query:
            return _FIRST if request.owner is None else ListQuery(owner=request.owner)
        return parse(parameters_of(request.query), self.resource.name, request.owner)

    def _listed(self, request: Request, query: ListQuery, result: ListResult) -> Response:
        if query.offset is not None:
            body = self._codec.listing(result.records, result.total, query.limit, query.offset)
            return _unless_known(request, body, _JSON_ONLY)
        if not isinstance(result.following, Position):
            return _unless_known(request, self._codec.page(result.records, query.limit, None), _JSON_ONLY)
        cursor = encode_cursor(result.following, self.resource.name)
        # RFC 8288; a relative reference stays right behind any proxy.
        link = ("link", f'<{self._path}?cursor={cursor}&limit={query.limit}>; rel="next"')
        return _unless_known(request, self._codec.page(result.records, query.limit, cursor), (JSON, link))


def _unless_known(request: Request, body: bytes, headers: tuple[Header, ...]) -> Response:
    tag = tag_of_content(body)
    if is_known(request.headers, tag):
        return Response(304, headers=(("etag", tag),))
    return Response(200, body, (*headers, ("etag", tag)))
