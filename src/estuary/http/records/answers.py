"""The answers to writes."""

from typing import Final

from estuary.core.record import Written
from estuary.http.messages import Response, line
from estuary.http.records.codec import RecordCodec
from estuary.http.records.write_headers.entity_tags import json_of_version
from estuary.http.records.write_headers.idempotency import REPLAYED

_REPLAYED: Final = line(*REPLAYED)


class WrittenAnswers:
    """Tells what a write left behind, or what the first one with its key did.

    `path` is the collection's own, under which a new record is found.
    """

    def __init__(self, codec: RecordCodec, path: str) -> None:
        self._codec = codec
        self._location = f"location: {path}/"

    def answer(self, status: int, written: Written) -> Response:
        """The answer to a write."""
        record = written.record
        if record is None:
            return Response(status, lines=_REPLAYED if written.replayed else "")
        lines = json_of_version(record.version)
        if written.replayed:
            lines += _REPLAYED
        if status == 201:
            lines = f"{lines}{self._location}{record.id}\r\n"
        return Response(status, self._codec.record(record), lines=lines)
