"""The handler of queries (RFC 10008): QUERY on a collection, and POST on its twin."""

from collections.abc import Awaitable
from typing import Final

from estuary.core.awaiting import then
from estuary.core.queries.query import ListResult
from estuary.core.record_service import RecordService
from estuary.http.guards.body import BodyReader
from estuary.http.messages import Request, Response
from estuary.http.records.expansion import Expander
from estuary.http.records.list_request import ListRequest
from estuary.http.records.listings import ListAnswers
from estuary.http.records.query_body import QueryBodies
from estuary.http.records.query_string import refuse_parameters
from estuary.http.waiting import then_maybe_later

QUERY_PATH: Final = "/query"
"""The path of the POST twin of QUERY, after its collection's."""


class Querying:
    """Answers what a body asks for.

    It changes nothing, so keys and conditions of writes mean nothing here.
    """

    def __init__(
        self,
        records: RecordService,
        body: BodyReader,
        bodies: QueryBodies,
        answers: ListAnswers,
        expander: Expander,
    ) -> None:
        self._records = records
        self._name = records.resource.name
        self._expander = expander
        self._body = body
        self._bodies = bodies
        self._answers = answers

    def __call__(self, request: Request) -> Response | Awaitable[Response]:
        """Answer `request`; raises what its parameters, its body and its query are refused with."""
        if request.query:
            refuse_parameters(request.query)
        body = self._body.read_query(request)
        if isinstance(body, bytes):
            return self._with_body(request, body)
        return then_maybe_later(body, lambda arrived: self._with_body(request, arrived))

    def _with_body(self, request: Request, body: bytes) -> Response | Awaitable[Response]:
        asked = self._bodies.read(body, request.owner, names_owner=request.grant.names_owner)
        result = self._records.list(asked.query)
        if asked.expansion is not None:
            listed = self._expander.listed(self._name, result, asked.expansion, request.identity)
            return then(listed, lambda found: self._answers.queried(request, asked, found[0], found[1]))
        if isinstance(result, ListResult):
            return self._answer(request, asked, result)
        return then(result, lambda found: self._answer(request, asked, found))

    def _answer(self, request: Request, asked: ListRequest, result: ListResult) -> Response:
        return self._answers.queried(request, asked, result)
