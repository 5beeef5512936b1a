"""The handlers of a record that is named by its value of a unique field: read, put, patch, delete."""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from estuary.core.access.granted_writes import within
from estuary.core.awaiting import settled
from estuary.core.errors import NotFound, PreconditionFailed, UniqueConflict
from estuary.core.record import Written
from estuary.core.writes.records_by_key import RecordsByKey
from estuary.http.errors import InvalidParameter
from estuary.http.messages import Request, Response
from estuary.http.path import decoded_segment
from estuary.http.records.list_request import OWNER, owner_named
from estuary.http.records.point_read import PointRead
from estuary.http.records.query_string import pairs_of, refuse_parameters
from estuary.http.records.shown import ShownParameters
from estuary.http.records.value_paths import ValuePaths
from estuary.http.records.write_headers.write_headers import WriteHeaders
from estuary.http.records.write_headers.write_parameters import VALIDATE_ONLY
from estuary.http.records.write_steps import WriteSteps


class ByValue:
    """What the routes do that name records by the field of one unique key."""

    def __init__(
        self,
        records: RecordsByKey,
        paths: ValuePaths,
        steps: WriteSteps,
        point_read: PointRead,
        parameters: ShownParameters,
    ) -> None:
        self.paths: Final = paths
        self._key = paths.key
        self._records = records
        self._write_headers, self._body, self._codec, self._answers = steps
        self._point_read = point_read
        self._parameters = parameters

    def check(self, query: str) -> None:
        """Raise `InvalidParameter` where `query` has a parameter that no method of a record knows."""
        refuse_parameters(query, (*self._parameters.names, VALIDATE_ONLY, OWNER))

    async def read(self, request: Request) -> Response:
        """GET; 304 where the version is known."""
        _name_owner(request)
        shown = self._parameters.of_query(request.query)
        record = await self._records.get(self._value(request), request.owner)
        return await settled(self._point_read.shown(request, record, shown))

    async def put(self, request: Request) -> Response:
        """PUT: the fields given are set, or a record is created where none has the value."""
        _name_owner(request)
        text = self._text(request)
        headers = self._write_headers.of_put(request)
        arrived = self._body.read_json(request)
        body = arrived if isinstance(arrived, bytes) else await arrived
        options = headers.options(body)
        draft = self.paths.decode(body)
        value = self.paths.complete(draft, text, partial(self._records.value, options=options))
        if headers.precondition.absent or not request.grant.updates:
            try:
                written = await self._records.create(draft, options)
            except UniqueConflict as conflict:
                if conflict.fields != self._key.fields or not headers.precondition.absent:
                    raise
                raise PreconditionFailed from conflict
            answer = self._answers.answer(201, written, headers)
            return answer if isinstance(answer, Response) else await answer
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
        answer = self._answers.answer(status_of_upsert(written), written, headers)
        return answer if isinstance(answer, Response) else await answer

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
        answer = self._answers.answer(200, written, headers)
        return answer if isinstance(answer, Response) else await answer

    async def delete(self, request: Request) -> Response:
        """DELETE: 204."""
        headers = self._of_change(request)
        options, holds = headers.options(b""), headers.precondition.holds
        value = self._value(request)
        deleted = self._records.delete(value, options, holds)
        return self._answers.granted(
            204, await self._within(request, deleted, value), headers, headers.grant
        )

    def _within(self, request: Request, write: Awaitable[Written], value: Any) -> Awaitable[Written]:
        return within(request.grant, write, partial(self._records.all_with, value))

    def _of_change(self, request: Request) -> WriteHeaders:
        _name_owner(request)
        self._text(request)
        return self._write_headers.of_change(request)

    def _text(self, request: Request) -> str:
        """The value, as text; as the path has it, it stands for the record in its key's fingerprint."""
        request.record_id = request.path[len(self.paths.prefix) :]
        return decoded_segment(request.record_id)

    def _value(self, request: Request) -> Any:
        """The value that the path names; raises `NotFound` for what no record can have."""
        value = self.paths.value(self._text(request))
        if value is None:
            raise NotFound
        return value


def status_of_upsert(written: Written) -> int:
    """201 where it created: a first version is one that this write made, or the first one with its key."""
    return 201 if written.record is not None and written.record.version == 1 else 200


def _name_owner(request: Request) -> None:
    """Have only the records of the owner exist whom the query string names; others' requests name none."""
    if request.owner is not None or not request.grant.names_owner or OWNER not in request.query:
        return
    parts = request.query.split("&")
    named = [value for name, value in pairs_of(request.query) if name == OWNER]
    if not named:
        return
    if len(named) > 1:
        raise InvalidParameter(OWNER, "Must be given once")
    request.owner = owner_named(named[0])
    request.query = "&".join(part for part in parts if part.partition("=")[0] != OWNER)
