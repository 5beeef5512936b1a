"""The handlers of a resource: decode, ask the service, encode."""

from urllib.parse import parse_qsl

from estuary.core.errors import InvalidParameter
from estuary.core.query import Page, Slice, encode_cursor, parse
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.service import Records
from estuary.http.codec import RecordCodec
from estuary.http.guards.body import BodyReader
from estuary.http.messages import Header, Request, Response

_JSON: Header = ("content-type", "application/json")
_JSON_ONLY = (_JSON,)
_FIRST_SLICE = Slice()
_PARAMETERS = frozenset({"limit", "offset", "cursor"})
_MAX_PARAMETERS = 100


class RecordHandlers:
    """What the two routes of a resource do. `path` is the collection's own path."""

    def __init__(self, records: Records, body: BodyReader, path: str) -> None:
        self.resource: Resource = records.resource
        self._records = records
        self._body = body
        self._path = path
        self._codec = RecordCodec(records.resource)

    async def list(self, request: Request) -> Response:
        """GET on the collection: a slice, or a page where a cursor is given."""
        if not request.query:
            return await self._slice(_FIRST_SLICE)
        asked = parse(_parameters(request.query), self.resource.name)
        return await (self._page(asked) if isinstance(asked, Page) else self._slice(asked))

    async def create(self, request: Request) -> Response:
        """POST on the collection: 201 with the record and where it is."""
        draft = self._codec.draft(await self._body.read_json(request))
        record = await self._records.create(draft)
        location = ("location", f"{self._path}/{record.id}")
        return Response(201, self._codec.record(record), (_JSON, _etag(record), location))

    async def read(self, request: Request) -> Response:
        """GET on a record."""
        record = await self._records.get(request.record_id)
        return Response(200, self._codec.record(record), (_JSON, _etag(record)))

    async def update(self, request: Request) -> Response:
        """PUT on a record: the fields given are set, the others stay."""
        changes = self._codec.changes(await self._body.read_json(request))
        record = await self._records.update(request.record_id, changes)
        return Response(200, self._codec.record(record), (_JSON, _etag(record)))

    async def delete(self, request: Request) -> Response:
        """DELETE on a record: 204."""
        await self._records.delete(request.record_id)
        return Response(204)

    async def _slice(self, asked: Slice) -> Response:
        records, total = await self._records.slice(asked)
        return Response(200, self._codec.listing(records, total, asked.limit, asked.offset), _JSON_ONLY)

    async def _page(self, asked: Page) -> Response:
        records, following = await self._records.page(asked)
        if following is None:
            return Response(200, self._codec.page(records, asked.limit, None), _JSON_ONLY)
        cursor = encode_cursor(following, self.resource.name)
        # RFC 8288; a relative reference stays right behind any proxy.
        link = ("link", f'<{self._path}?cursor={cursor}&limit={asked.limit}>; rel="next"')
        return Response(200, self._codec.page(records, asked.limit, cursor), (_JSON, link))


def _etag(record: Record) -> Header:
    """The version number is the record's strong validator (RFC 9110, 8.8.3)."""
    return ("etag", f'"{record.version}"')


def _parameters(query: str) -> dict[str, str]:
    """The parameters that lists know; given twice, there is no telling which is meant."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError:
        raise InvalidParameter("query", f"At most {_MAX_PARAMETERS} parameters are read") from None
    known: dict[str, str] = {}
    for name, value in pairs:
        if name in known:
            raise InvalidParameter(name, f"{name.capitalize()} must be given once")
        if name in _PARAMETERS:
            known[name] = value
    return known
