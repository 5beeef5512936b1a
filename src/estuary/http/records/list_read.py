"""The handler of lists: by offset or by cursor, answered at once where the store can."""

from collections.abc import Awaitable

from estuary.core.awaiting import MaybeAwaitable, then
from estuary.core.queries.query import ListQuery, ListResult
from estuary.core.record_service import RecordService
from estuary.http.messages import Request, Response
from estuary.http.records.expansion import Expander, Expansion
from estuary.http.records.list_parameters import ListParameters
from estuary.http.records.list_request import ListRequest
from estuary.http.records.listings import ListAnswers

_FIRST = ListRequest(ListQuery())


class ListRead:
    """GET on the collection; 304 where the client has the answer."""

    def __init__(
        self,
        records: RecordService,
        parameters: ListParameters,
        answers: ListAnswers,
        expander: Expander,
    ) -> None:
        self._records = records
        self._name = records.resource.name
        self._expander = expander
        self._parameters = parameters
        self._answers = answers

    def __call__(self, request: Request) -> Response | Awaitable[Response]:
        """Answer `request`; raises `InvalidParameter`, `QueryTooExpensive`."""
        asked = self._asked(request)
        result = self._records.list(asked.query)
        if asked.expansion is not None:
            return self._expanded(request, asked, result, asked.expansion)
        if isinstance(result, ListResult):
            return self._answers.answer(request, asked, result)
        return self._later(request, asked, result)

    def _later(
        self, request: Request, asked: ListRequest, result: Awaitable[ListResult]
    ) -> Awaitable[Response]:
        return then(result, lambda found: self._answers.answer(request, asked, found))

    def _expanded(
        self, request: Request, asked: ListRequest, result: MaybeAwaitable[ListResult], expansion: Expansion
    ) -> Awaitable[Response]:
        listed = self._expander.listed(self._name, result, expansion, request.identity)
        return then(listed, lambda found: self._answers.answer(request, asked, found[0], found[1]))

    def _asked(self, request: Request) -> ListRequest:
        if request.query:
            names_owner = request.grant.names_owner
            return self._parameters.read(request.query, request.owner, names_owner=names_owner)
        return _FIRST if request.owner is None else ListRequest(ListQuery(owner=request.owner))
