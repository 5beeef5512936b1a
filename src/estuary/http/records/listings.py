"""The answers to lists: by offset or by cursor, whole records or some of their fields."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from estuary.core.queries.query import ListResult
from estuary.core.record import Record
from estuary.http.guards.body import ACCEPT_QUERY
from estuary.http.messages import JSON, Request, Response, line
from estuary.http.records.codec import RecordCodec
from estuary.http.records.cursors import Cursors
from estuary.http.records.expansion import with_expansion
from estuary.http.records.list_request import ListRequest
from estuary.http.records.projection import Projection
from estuary.http.records.write_headers.entity_tags import tag_of_content
from estuary.http.records.write_headers.preconditions import is_known

_LINES: Final = line(*JSON) + line(*ACCEPT_QUERY)
_NOT_KEPT: Final = line("cache-control", "no-store")
_QUERIED: Final = line(*JSON) + _NOT_KEPT


class ListAnswers:
    """Makes the answers to list requests. `path` is the collection's own."""

    def __init__(self, codec: RecordCodec, cursors: Cursors, path: str) -> None:
        self._codec = codec
        self._cursors = cursors
        self._path = path
        self._encode = msgspec.json.Encoder().encode

    def answer(
        self,
        request: Request,
        asked: ListRequest,
        result: ListResult,
        beside: Sequence[bytes] | None = None,
    ) -> Response:
        """The list, with a link to its next page; 304 where the client knows it.

        `beside` is what each of the records refers to, where that is expanded.
        """
        cursor = self._cursor(asked, result)
        body = self.body(asked, result, cursor, beside)
        if cursor is None:
            return unless_known(request, body, _LINES)
        # RFC 8288; a relative reference stays right behind any proxy.
        kept = f"{asked.link}&" if asked.link else ""
        target = f"{self._path}?{kept}cursor={cursor}&limit={asked.query.limit}"
        return unless_known(request, body, f'{_LINES}link: <{target}>; rel="next"\r\n')

    def queried(
        self,
        request: Request,
        asked: ListRequest,
        result: ListResult,
        beside: Sequence[bytes] | None = None,
    ) -> Response:
        """The same to a query; 304 only where its method, too, says that it is safe (RFC 9110, 13.1.2)."""
        body = self.body(asked, result, self._cursor(asked, result), beside)
        if request.method == "QUERY":
            return unless_known(request, body, _QUERIED, _NOT_KEPT)
        return Response(200, body, lines=_QUERIED)

    def _cursor(self, asked: ListRequest, result: ListResult) -> str | None:
        return None if result.following is None else self._cursors.encode(result.following, asked.query)

    def body(
        self,
        asked: ListRequest,
        result: ListResult,
        cursor: str | None,
        beside: Sequence[bytes] | None = None,
    ) -> bytes:
        """The list as JSON."""
        query, records = asked.query, result.records
        if asked.projection is None and beside is None:
            if query.offset is None:
                return self._codec.page(records, query.limit, cursor)
            if query.counted and not result.exceeded:
                return self._codec.listing(records, result.total, query.limit, query.offset)
        items = self._items(records, asked.projection, beside)
        return self._composed(items, _totals(asked, result, cursor))

    def _items(
        self, records: Sequence[Record], projection: Projection | None, beside: Sequence[bytes] | None
    ) -> Iterable[bytes]:
        items = map(self._codec.record, records)
        if projection is not None:
            items = map(projection.of, items)
        return items if beside is None else map(with_expansion, items, beside)

    def _composed(self, items: Iterable[bytes], totals: dict[str, Any]) -> bytes:
        rest: bytes = self._encode(totals)
        return b'{"items":[%b],%b' % (b",".join(items), rest[1:])


def _totals(asked: ListRequest, result: ListResult, cursor: str | None) -> dict[str, Any]:
    """The members of the answer besides the records."""
    query = asked.query
    if query.offset is None:
        return {"limit": query.limit, "next_cursor": cursor}
    totals: dict[str, Any] = {"total": result.total} if query.counted else {}
    totals |= {"limit": query.limit, "offset": query.offset}
    return totals | {"total_exceeded": True} if result.exceeded else totals


def unless_known(request: Request, body: bytes, lines: str, caching: str = "") -> Response:
    """An answer with a tag of its content; 304 where the client of a read knows that already.

    `lines` are its header fields; `caching` are those of them that say how it may be kept, which a 304 says
    again (RFC 9110, 15.4.5).
    """
    tag = tag_of_content(body)
    if is_known(request.headers, tag):
        return Response(304, lines=f"{caching}etag: {tag}\r\n")
    return Response(200, body, lines=f"{lines}etag: {tag}\r\n")
