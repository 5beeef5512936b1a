"""The handler that creates: told at once where the body is here, and the store need not be waited for."""

from collections.abc import Awaitable, Callable

import msgspec

from estuary.core.record import Written
from estuary.core.writes import WriteOptions
from estuary.http.guards.body import BodyReader
from estuary.http.messages import Request, Response
from estuary.http.records.answers import WrittenAnswers
from estuary.http.records.codec import RecordCodec
from estuary.http.records.demands import DemandReader, Demands
from estuary.http.waiting import then, then_maybe_later


class Creation:
    """POST on a collection: 201 with the record and where it is.

    `create` gives what was written, or what to wait for.
    """

    def __init__(
        self,
        create: Callable[[msgspec.Struct, WriteOptions], Written | Awaitable[Written]],
        body: BodyReader,
        demands: DemandReader,
        codec: RecordCodec,
        answers: WrittenAnswers,
    ) -> None:
        self._create = create
        self._body = body
        self._demands = demands
        self._codec = codec
        self._answers = answers

    def __call__(self, request: Request) -> Response | Awaitable[Response]:
        """Answer `request`; raises what its headers, its body and its fields are refused with."""
        demands = self._demands.of_create(request)
        body = self._body.read_json(request)
        if isinstance(body, bytes):
            return self._with_body(demands, body)
        return then_maybe_later(body, lambda arrived: self._with_body(demands, arrived))

    def _with_body(self, demands: Demands, body: bytes) -> Response | Awaitable[Response]:
        written = self._create(self._codec.draft(body), demands.options(body))
        if isinstance(written, Written):
            return self._answers.answer(201, written)
        return then(written, lambda done: self._answers.answer(201, done))
