"""The handlers of a resource: decode, ask the service, encode."""

from urllib.parse import parse_qsl

from estuary.core.errors import InvalidParameter
from estuary.core.ports import Written
from estuary.core.query import Page, Slice, encode_cursor, parse
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.service import Records
from estuary.core.terms import UNCONDITIONAL, WriteTerms
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
            return await self._slice(_FIRST_SLICE, request.owner)
        asked = parse(_parameters(request.query), self.resource.name)
        if isinstance(asked, Page):
            return await self._page(asked, request.owner)
        return await self._slice(asked, request.owner)

    async def create(self, request: Request) -> Response:
        """POST on the collection: 201 with the record and where it is."""
        draft = self._codec.draft(await self._body.read_json(request))
        written = await self._records.create(draft, self._terms(request))
        return self._answer(201, written)

    async def read(self, request: Request) -> Response:
        """GET on a record."""
        record = await self._records.get(request.record_id, request.owner)
        return Response(200, self._codec.record(record), (_JSON, _etag(record)))

    async def update(self, request: Request) -> Response:
        """PUT on a record: the fields given are set, the others stay."""
        changes = self._codec.changes(await self._body.read_json(request))
        return self._answer(
            200, await self._records.update(request.record_id, changes, self._terms(request))
        )

    async def delete(self, request: Request) -> Response:
        """DELETE on a record: 204."""
        return self._answer(204, await self._records.delete(request.record_id, self._terms(request)))

    def _terms(self, request: Request) -> WriteTerms:
        return UNCONDITIONAL if request.owner is None else WriteTerms(request.owner)

    def _answer(self, status: int, written: Written) -> Response:
        """What a write left behind."""
        record = written.record
        if record is None:
            return Response(status)
        headers: tuple[Header, ...] = (_JSON, _etag(record))
        if status == 201:
            headers = (*headers, ("location", f"{self._path}/{record.id}"))
        return Response(status, self._codec.record(record), headers)

    async def _slice(self, asked: Slice, owner: str | None) -> Response:
        records, total = await self._records.slice(asked, owner)
        return Response(200, self._codec.listing(records, total, asked.limit, asked.offset), _JSON_ONLY)

    async def _page(self, asked: Page, owner: str | None) -> Response:
        records, following = await self._records.page(asked, owner)
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
