"""The answers to writes."""

from estuary.core.record import Written
from estuary.http.messages import Header, Response
from estuary.http.records.codec import RecordCodec
from estuary.http.records.entity_tags import json_of_version
from estuary.http.records.idempotency import REPLAYED


class WrittenAnswers:
    """Tells what a write left behind, or what the first one with its key did.

    `path` is the collection's own, under which a new record is found.
    """

    def __init__(self, codec: RecordCodec, path: str) -> None:
        self._codec = codec
        self._path = path

    def answer(self, status: int, written: Written) -> Response:
        """The answer to a write."""
        record = written.record
        headers: tuple[Header, ...] = (REPLAYED,) if written.replayed else ()
        if record is None:
            return Response(status, headers=headers)
        if status == 201:
            headers = (*headers, ("location", f"{self._path}/{record.id}"))
        lines = json_of_version(record.version)
        return Response(status, self._codec.record(record), headers, lines=lines)
