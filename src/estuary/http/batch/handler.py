"""`POST /api/v1/batch`: several writes in one request, all or nothing."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Final

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.batch.batches import Batches
from estuary.core.batch.operations import Operation, Target
from estuary.core.errors import EstuaryError, WriteRefused
from estuary.core.identity import Refusal
from estuary.core.observations import AuthFailed, BatchRead
from estuary.core.ports import Observer
from estuary.http.batch.forms import OPERATIONS, BatchForms, Form
from estuary.http.batch.results import answer
from estuary.http.errors import Forbidden, InvalidParameter
from estuary.http.guards.body import BodyReader
from estuary.http.messages import Request, Response, Verdict
from estuary.http.records.write_headers.write_headers import WriteHeadersReader
from estuary.http.scopes import Scopes

_NAMED: Final = 20
"""Operations that a log line names."""

Charge = Callable[[Request, int], MaybeAwaitable[Verdict]]
"""Counts so many more requests of a client."""


class BatchHandler:
    """Answers batches.

    `targets` are by the names of resources. `scopes` say what a token must grant for each operation;
    `charge` counts the operations against the client's limit, of which `limit` pass at most; it is None
    where there is no limit.
    """

    def __init__(
        self,
        *,
        forms: BatchForms,
        batches: Batches,
        targets: Mapping[str, Target],
        body: BodyReader,
        write_headers: WriteHeadersReader,
        scopes: Scopes,
        charge: Charge | None,
        limit: int,
        observe: Observer,
    ) -> None:
        self._forms = forms
        self._batches = batches
        self._targets = targets
        self._body = body
        self._write_headers = write_headers
        self._scopes = {name: scopes.of(name) for name in targets}
        self._charge = charge
        self._limit = limit
        self._observe = observe

    async def __call__(self, request: Request) -> Response:
        """The answer: what each operation would be answered with alone, or why none was made."""
        headers = self._write_headers.of_create(request)
        body = await settled(self._body.read_json(request))
        forms = self._forms.read(body)
        self._observe(BatchRead(request.request_id, len(forms), _names(forms)))
        verdict = await self._counted(request, len(forms))
        if isinstance(verdict, EstuaryError):
            raise verdict
        self._authorize(request, forms)
        key = headers.options(body).key
        operations = [self._operation(form, request) for form in forms]
        made = await self._batches.make(operations, key, dry_run=headers.dry_run)
        return answer(forms, made, headers)

    async def _counted(self, request: Request, number: int) -> Verdict:
        """What the limit says of `number` operations, of which the request itself was counted as one."""
        if self._charge is None:
            return None
        if number > self._limit:
            raise InvalidParameter(
                OPERATIONS, f"Must be at most {self._limit}, which is what the rate limit lets pass"
            )
        return await settled(self._charge(request, number - 1)) if number > 1 else None

    def _authorize(self, request: Request, forms: Sequence[Form]) -> None:
        granted = frozenset[str]() if request.identity is None else request.identity.scopes
        for index, form in enumerate(forms):
            scope = self._scopes[form.collection.resource.name].get(form.method)
            if scope is not None and scope not in granted:
                self._observe(AuthFailed(Refusal.SCOPE, request.client.address))
                raise WriteRefused(index, Forbidden(scope))

    def _operation(self, form: Form, request: Request) -> Operation:
        version, holds, _ = form.precondition
        target = self._targets[form.collection.resource.name]
        return Operation(
            target,
            form.verb,
            form.record_id,
            form.body,
            request.owner,
            version,
            holds,
            request.identity,
        )


def _names(forms: Sequence[Form]) -> str:
    """The operations for a log line, the first of them."""
    named = ",".join(form.name for form in islice(forms, _NAMED))
    return named if len(forms) <= _NAMED else f"{named},…"
