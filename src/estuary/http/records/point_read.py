"""The handler of the commonest request: a record by its id, told at once wherever the store can."""

from collections.abc import Awaitable, Callable

from estuary.core.record import Record
from estuary.http.messages import Request, Response
from estuary.http.records.codec import RecordCodec
from estuary.http.records.entity_tags import json_of_version, tag_of_version
from estuary.http.records.preconditions import is_known
from estuary.http.waiting import then


class PointRead:
    """GET on a record; 304 where its version is known. `get` gives a record, or what to wait for."""

    def __init__(
        self, get: Callable[[str, str | None], Record | Awaitable[Record]], codec: RecordCodec
    ) -> None:
        self._get = get
        self._codec = codec

    def __call__(self, request: Request) -> Response | Awaitable[Response]:
        """Answer `request`; raises `NotFound`."""
        record = self._get(request.record_id, request.owner)
        if isinstance(record, Record):
            return self._answer(request, record)
        return then(record, lambda found: self._answer(request, found))

    def _answer(self, request: Request, record: Record) -> Response:
        tag = tag_of_version(record.version)
        if is_known(request.headers, tag):
            return Response(304, headers=(("etag", tag),))
        return Response(200, self._codec.record(record), lines=json_of_version(record.version))
