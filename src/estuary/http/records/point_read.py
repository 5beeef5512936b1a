"""The handler of the commonest request: a record by its id, answered at once where the store can."""

from collections.abc import Awaitable
from typing import Final

from estuary.core.awaiting import then
from estuary.core.record import Record
from estuary.core.record_service import RecordService
from estuary.http.messages import JSON, Request, Response, line
from estuary.http.records.codec import RecordCodec
from estuary.http.records.listings import unless_known
from estuary.http.records.projection import Projection, Projections
from estuary.http.records.write_headers.entity_tags import json_of_version, tag_of_version
from estuary.http.records.write_headers.preconditions import is_known

_JSON: Final = line(*JSON)


class PointRead:
    """GET on a record; 304 where its version is known. `projections` say which fields may be asked for."""

    def __init__(self, records: RecordService, codec: RecordCodec, projections: Projections) -> None:
        self._records = records
        self._codec = codec
        self._projections = projections

    def __call__(self, request: Request) -> Response | Awaitable[Response]:
        """Answer `request`; raises `InvalidParameter`, `NotFound`."""
        projection = self._projections.of_query(request.query) if request.query else None
        record = self._records.get(request.record_id, request.owner)
        if isinstance(record, Record):
            return self.answer(request, record, projection)
        return self._later(request, record, projection)

    def _later(
        self, request: Request, record: Awaitable[Record], projection: Projection | None
    ) -> Awaitable[Response]:
        # Apart, for what a nested function needs is made on every call of the function around it.
        return then(record, lambda found: self.answer(request, found, projection))

    def answer(self, request: Request, record: Record, projection: Projection | None) -> Response:
        """What tells of `record`, or of what a projection leaves of it."""
        if projection is not None:
            return unless_known(request, projection.of(self._codec.record(record)), _JSON)
        tag = tag_of_version(record.version)
        if is_known(request.headers, tag):
            return Response(304, headers=(("etag", tag),))
        return Response(200, self._codec.record(record), lines=json_of_version(record.version))
