"""The handlers of a record that is named by its value of a unique field: read, put, patch, delete."""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from estuary.core.conditions import Operator
from estuary.core.errors import NotFound, PreconditionFailed, UniqueConflict, ValidationFailed, Violation
from estuary.core.granted_writes import within
from estuary.core.kinds.kind import Broken
from estuary.core.record import Written
from estuary.core.record_service import RecordService
from estuary.core.records_by_key import RecordsByKey
from estuary.core.uniques import UniqueKey
from estuary.core.writes import WriteOptions
from estuary.http.errors import InvalidParameter
from estuary.http.guards.body import BodyReader
from estuary.http.messages import Request, Response
from estuary.http.path import decoded_segment
from estuary.http.records.answers import WrittenAnswers
from estuary.http.records.bodies import BodyDecoder
from estuary.http.records.codec import RecordCodec
from estuary.http.records.list_request import OWNER
from estuary.http.records.point_read import PointRead
from estuary.http.records.projection import FIELDS, Projections
from estuary.http.records.query_string import pairs_of, refuse_parameters
from estuary.http.records.write_headers.write_headers import WriteHeaders, WriteHeadersReader
from estuary.http.records.write_headers.write_parameters import VALIDATE_ONLY


class ByValue:
    """What the routes of one field do, whose unique key is `key`; `path` is the collection's own."""

    def __init__(
        self,
        records: RecordService,
        key: UniqueKey,
        body: BodyReader,
        write_headers: WriteHeadersReader,
        codec: RecordCodec,
        answers: WrittenAnswers,
        point_read: PointRead,
        projections: Projections,
        path: str,
    ) -> None:
        (self.field,) = key.fields
        self.prefix: Final = f"{path}/by/{self.field}/"
        self._attribute = records.resource.attributes[self.field]
        self._kept = records.value
        self._is_written = any(each.name == self.field for each in records.resource.writable)
        self._key = key
        self._records = RecordsByKey(records, key)
        self._body = body
        self._write_headers = write_headers
        self._codec = codec
        self._answers = answers
        self._point_read = point_read
        self._projections = projections
        kinds = {field.name: field.kind for field in records.resource.fields}
        self._draft = BodyDecoder(_draft_type(records, self.field), kinds)

    def check(self, query: str) -> None:
        """Raise `InvalidParameter` where `query` has a parameter that no method of a record knows."""
        refuse_parameters(query, (FIELDS, VALIDATE_ONLY, OWNER))

    async def read(self, request: Request) -> Response:
        """GET; 304 where the version is known."""
        _name_owner(request)
        projection = self._projections.of_query(request.query) if request.query else None
        record = await self._records.get(self._value(request), request.owner)
        return self._point_read.answer(request, record, projection)

    async def put(self, request: Request) -> Response:
        """PUT: the fields given are set, or a record is created where none has the value."""
        _name_owner(request)
        text = self._segment(request)
        headers = self._write_headers.of_put(request)
        arrived = self._body.read_json(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        options = headers.options(body)
        draft, value = self._drafted(body, text, options)
        if headers.precondition.absent or not request.grant.updates:
            try:
                written = await self._records.create(draft, options)
            except UniqueConflict as conflict:
                if conflict.fields != self._key.fields or not headers.precondition.absent:
                    raise
                raise PreconditionFailed from conflict
            return self._answers.answer(201, written, headers)
        changes = self._codec.changes(body)
        creation = replace(options, owner=request.owner or request.grant.asker)
        put = self._records.put(
            value,
            changes,
            options,
            headers.precondition.holds,
            draft=draft,
            creation=creation if request.grant.creates else None,
        )
        written = await self._within(request, put, value)
        # A first version is one that this write made, or the first one with its key.
        created = written.record is not None and written.record.version == 1
        return self._answers.answer(201 if created else 200, written, headers)

    async def patch(self, request: Request) -> Response:
        """PATCH with a merge patch (RFC 7396)."""
        headers = self._of_change(request)
        arrived = self._body.read_patch(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        patch = self._codec.patch(body)
        options, holds = headers.options(body), headers.precondition.holds
        self._records.check(patch)
        value = self._value(request)
        patched = self._records.patch(value, patch, options, holds)
        written = await self._within(request, patched, value)
        return self._answers.answer(200, written, headers)

    async def delete(self, request: Request) -> Response:
        """DELETE: 204."""
        headers = self._of_change(request)
        options, holds = headers.options(b""), headers.precondition.holds
        value = self._value(request)
        deleted = self._records.delete(value, options, holds)
        return self._answers.answer(204, await self._within(request, deleted, value), headers)

    def _within(self, request: Request, write: Awaitable[Written], value: Any) -> Awaitable[Written]:
        return within(request.grant, write, partial(self._records.all_with, value))

    def _of_change(self, request: Request) -> WriteHeaders:
        _name_owner(request)
        self._segment(request)
        return self._write_headers.of_change(request)

    def _segment(self, request: Request) -> str:
        """The value as it is written in the path, which stands for the record in its key's fingerprint."""
        request.record_id = request.path[len(self.prefix) :]
        return decoded_segment(request.record_id)

    def _value(self, request: Request) -> Any:
        """The value that the path names; raises `NotFound` for what no record can have."""
        try:
            return self._attribute.spelled(Operator.EQ, self._segment(request)).value
        except Broken:
            raise NotFound from None

    def _drafted(self, body: bytes, text: str, options: WriteOptions) -> tuple[msgspec.Struct, Any]:
        """What a body says of a record with the value in the path, and that value."""
        draft: Any = self._draft(body)
        try:
            value = self._attribute.spelled(Operator.EQ, text).value
        except Broken as broken:
            raise self._refused(broken.message, broken.code) from None
        if self._is_written and getattr(draft, self.field) is msgspec.UNSET:
            setattr(draft, self.field, self._attribute.kind.spelled(text))
        kept = getattr(self._kept(draft, options), self.field)
        if kept is None or self._key.values((kept,)) != self._key.values((value,)):
            own = "must be the one in the path"
            raise self._refused(own if self._is_written else f"is set by the server, and {own}", "path")
        return draft, value

    def _refused(self, message: str, code: str) -> ValidationFailed:
        label = self.field.replace("_", " ").capitalize()
        return ValidationFailed([Violation(self.field, f"{label} {message}", code)])


def _name_owner(request: Request) -> None:
    """Have only the records of the owner exist whom the query string names; others' requests name none."""
    if request.owner is not None or not request.grant.names_owner or OWNER not in request.query:
        return
    parts = request.query.split("&")
    named = [value for name, value in pairs_of(request.query) if name == OWNER]
    if not named:
        return
    if len(named) > 1 or not named[0]:
        raise InvalidParameter(OWNER, "Must be given once, and name an owner")
    request.owner = named[0]
    request.query = "&".join(part for part in parts if part.partition("=")[0] != OWNER)


def _draft_type(records: RecordService, field: str) -> type[msgspec.Struct]:
    """What a create decodes into, but that `field` may be absent: the path says it then."""
    draft = records.resource.draft_type
    wire = next((each.kind.wire for each in records.resource.writable if each.name == field), None)
    if wire is None:
        return draft  # the server sets it
    absent: Any = wire | None | msgspec.UnsetType
    return msgspec.defstruct(draft.__name__, [(field, absent, msgspec.UNSET)], bases=(draft,), kw_only=True)
