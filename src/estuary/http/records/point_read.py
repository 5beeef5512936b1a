"""The handler of the commonest request: a record by its id, answered at once where the store can."""

from collections.abc import Awaitable
from typing import Final

from estuary.core.awaiting import MaybeAwaitable, then
from estuary.core.record import Record
from estuary.core.record_service import RecordService
from estuary.http.messages import JSON, Request, Response, line
from estuary.http.records.codec import RecordCodec
from estuary.http.records.expansion import Expander, Expansion
from estuary.http.records.listings import unless_known
from estuary.http.records.shown import Shown, ShownParameters
from estuary.http.records.write_headers.entity_tags import json_of_version, tag_of_version
from estuary.http.records.write_headers.preconditions import is_known

_JSON: Final = line(*JSON)


class PointRead:
    """GET on a record; 304 where its version is known. `parameters` say what of it may be asked for."""

    def __init__(
        self,
        records: RecordService,
        codec: RecordCodec,
        parameters: ShownParameters,
        expander: Expander,
    ) -> None:
        self._records = records
        self._name = records.resource.name
        self._codec = codec
        self._parameters = parameters
        self._expander = expander

    def __call__(self, request: Request) -> Response | Awaitable[Response]:
        """Answer `request`; raises `InvalidParameter`, `NotFound`."""
        if request.query:
            shown = self._parameters.of_query(request.query)
            return self.shown(request, self._records.get(request.record_id, request.owner), shown)
        record = self._records.get(request.record_id, request.owner)
        if isinstance(record, Record):
            return self._whole(request, record)
        return self._later(request, record)

    def _later(self, request: Request, record: Awaitable[Record]) -> Awaitable[Response]:
        # Apart, for what a nested function needs is made on every call of the function around it.
        return then(record, lambda found: self._whole(request, found))

    def shown(
        self, request: Request, record: MaybeAwaitable[Record], shown: Shown
    ) -> Response | Awaitable[Response]:
        """The answer with those fields of `record` that are `shown`."""
        if shown.expansion is not None:
            return self._expanded(request, record, shown, shown.expansion)
        if isinstance(record, Record):
            return self._partly(request, record, shown, None)
        return then(record, lambda found: self._partly(request, found, shown, None))

    def _expanded(
        self, request: Request, record: MaybeAwaitable[Record], shown: Shown, expansion: Expansion
    ) -> Awaitable[Response]:
        expanded = self._expander.single(self._name, record, expansion, request.identity)
        return then(expanded, lambda found: self._partly(request, found[0], shown, found[1]))

    def _partly(self, request: Request, record: Record, shown: Shown, beside: bytes | None) -> Response:
        if shown.projection is None and beside is None:
            return self._whole(request, record)
        return unless_known(request, shown.of(self._codec.record(record), beside), _JSON)

    def _whole(self, request: Request, record: Record) -> Response:
        tag = tag_of_version(record.version)
        if is_known(request.headers, tag):
            return Response(304, headers=(("etag", tag),))
        return Response(200, self._codec.record(record), lines=json_of_version(record.version))
