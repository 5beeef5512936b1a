"""The answers to writes."""

from collections.abc import Awaitable
from typing import Final

from estuary.core.access.rights import EVERYTHING, Grant
from estuary.core.awaiting import then
from estuary.core.record import Record, Written
from estuary.http.messages import JSON, Response, line
from estuary.http.records.codec import RecordCodec
from estuary.http.records.expansion import Expander, Expansion, with_expansion
from estuary.http.records.write_headers.entity_tags import (
    json_of_version,
    tag_of_content,
    tag_of_version,
)
from estuary.http.records.write_headers.idempotency import REPLAYED
from estuary.http.records.write_headers.preferences import MINIMAL_APPLIED
from estuary.http.records.write_headers.write_headers import WriteHeaders

_REPLAYED: Final = line(*REPLAYED)
_MINIMAL_APPLIED: Final = line(*MINIMAL_APPLIED)
_JSON: Final = line(*JSON)


class WrittenAnswers:
    """Answers with what a write left behind, or with what the first one with its key did.

    `path` is the collection's own, under which a new record is found; `resource` is its name.
    """

    def __init__(self, resource: str, codec: RecordCodec, expander: Expander, path: str) -> None:
        self._resource = resource
        self._codec = codec
        self._expander = expander
        self._location = f"location: {path}/"

    def answer(
        self, status: int, written: Written, headers: WriteHeaders
    ) -> Response | Awaitable[Response]:
        """The answer to a write that asked for `headers`; `status` is that of one without any."""
        expansion, record = headers.expansion, written.record
        if expansion is None or record is None or headers.minimal or not headers.grant.shows(record.owner):
            return self.granted(status, written, headers, headers.grant)
        return self._expanded(status, written, headers, record, expansion)

    def _expanded(
        self,
        status: int,
        written: Written,
        headers: WriteHeaders,
        record: Record,
        expansion: Expansion,
    ) -> Awaitable[Response]:
        expanded = self._expander.single(self._resource, record, expansion, headers.identity)

        def answered(found: tuple[Record, bytes]) -> Response:
            body = with_expansion(self._codec.record(record), found[1])
            lines = _JSON + (_REPLAYED if written.replayed else "")
            if headers.dry_run:
                return Response(200, body, lines=lines)
            lines += line("etag", tag_of_content(body))
            if status == 201:
                lines = f"{lines}{self._location}{record.id}\r\n"
            return Response(status, body, lines=lines)

        return then(expanded, answered)

    def granted(self, status: int, written: Written, headers: WriteHeaders, grant: Grant) -> Response:
        """The same to an asker who may do what `grant` says.

        An asker who may write the record but not read it learns neither its id nor its version.
        """
        record = written.record
        if record is None:
            return Response(status, lines=_REPLAYED if written.replayed else "")
        if grant is not EVERYTHING and not grant.shows(record.owner):
            lines = _REPLAYED if written.replayed else ""
            return Response(204, lines=lines + _MINIMAL_APPLIED if headers.minimal else lines)
        if headers.minimal or headers.dry_run:
            return self._special(status, written, record, headers)
        lines = json_of_version(record.version)
        if written.replayed:
            lines += _REPLAYED
        if status == 201:
            lines = f"{lines}{self._location}{record.id}\r\n"
        return Response(status, self._codec.record(record), lines=lines)

    def _special(self, status: int, written: Written, record: Record, headers: WriteHeaders) -> Response:
        """The answer to a dry run, or the one without a body.

        The record of a dry run does not exist afterwards, so it has no tag and no location.
        """
        lines = _REPLAYED if written.replayed else ""
        if not headers.dry_run:
            lines += line("etag", tag_of_version(record.version))
            if status == 201:
                lines = f"{lines}{self._location}{record.id}\r\n"
        if headers.minimal:
            return Response(204, lines=lines + _MINIMAL_APPLIED)
        return Response(200, self._codec.record(record), lines=lines + _JSON)
