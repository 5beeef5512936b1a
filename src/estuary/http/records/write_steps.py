"""What the handlers of a resource's writes have in common."""

from typing import NamedTuple

from estuary.http.guards.body import BodyReader
from estuary.http.records.answers import WrittenAnswers
from estuary.http.records.codec import RecordCodec
from estuary.http.records.write_headers.write_headers import WriteHeadersReader


class WriteSteps(NamedTuple):
    """A write's headers are read, then its body, which is decoded; then what was written is answered."""

    write_headers: WriteHeadersReader
    body: BodyReader
    codec: RecordCodec
    answers: WrittenAnswers
