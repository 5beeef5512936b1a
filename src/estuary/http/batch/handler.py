"""`POST /api/v1/batch`: several writes in one request, all or nothing."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final

from estuary.core.access.granted_writes import record_of, refusal_within
from estuary.core.access.identity import Identity
from estuary.core.access.rights import Grant, Rights
from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.batch.batches import Batches
from estuary.core.batch.operations import Operation, Target, Verb
from estuary.core.errors import EstuaryError, Forbidden, Unauthenticated, WriteRefused
from estuary.core.observations import AuthFailed, BatchRead
from estuary.core.ports import Observer
from estuary.core.record import Record
from estuary.http.batch.batch_body import OPERATIONS
from estuary.http.batch.operation_forms import BatchForms, Form
from estuary.http.batch.results import answer
from estuary.http.errors import InvalidParameter
from estuary.http.guards.access import reason_of
from estuary.http.guards.body import BodyReader
from estuary.http.messages import Request, Response, Verdict
from estuary.http.records.write_headers.write_headers import WriteHeadersReader

_NAMED: Final = 20
"""Operations that a log line names."""

Charge = Callable[[Request, int], MaybeAwaitable[Verdict]]
"""Counts so many more requests of a client."""


class BatchHandler:
    """Answers batches.

    `targets` are by the names of resources, and so are `rights`, which say who may make what operation;
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
        rights: Mapping[str, Rights],
        charge: Charge | None,
        limit: int,
        observe: Observer,
    ) -> None:
        self._forms = forms
        self._batches = batches
        self._targets = targets
        self._body = body
        self._write_headers = write_headers
        self._rights = rights
        self._charge = charge
        self._limit = limit
        self._observe = observe

    async def __call__(self, request: Request) -> Response:
        """The answer: what each operation would be answered with alone, or why none was made."""
        headers = self._write_headers.of_create(request)
        body = await settled(self._body.read_json(request))
        forms = self._forms.read(body, request.identity)
        self._observe(BatchRead(request.request_id, len(forms), _names(forms)))
        verdict = await self._counted(request, len(forms))
        if isinstance(verdict, EstuaryError):
            raise verdict
        grants = self._granted(request, forms)
        key = headers.options(body).key
        operations = [
            self._operation(form, grant, request.identity)
            for form, grant in zip(forms, grants, strict=True)
        ]
        try:
            made = await self._batches.make(operations, key, dry_run=headers.dry_run)
        except WriteRefused as refused:
            operation, grant = operations[refused.index], grants[refused.index]
            refusal = await refusal_within(grant, refused.refusal, partial(_everyones, operation))
            if refusal is refused.refusal:
                raise
            raise WriteRefused(refused.index, refusal) from refused
        return answer(forms, made, headers, grants)

    async def _counted(self, request: Request, number: int) -> Verdict:
        """What the limit says of `number` operations, of which the request itself was counted as one."""
        if self._charge is None:
            return None
        if number > self._limit:
            raise InvalidParameter(
                OPERATIONS, f"Must be at most {self._limit}, which is what the rate limit lets pass"
            )
        return await settled(self._charge(request, number - 1)) if number > 1 else None

    def _granted(self, request: Request, forms: Sequence[Form]) -> Sequence[Grant]:
        """What the asker may do in each operation; raises `WriteRefused` for one that it may not make."""
        grants: list[Grant] = []
        for index, form in enumerate(forms):
            rights = self._rights.get(form.collection.resource.name)
            if rights is None:
                grants.append(Grant(request.owner, request.owner))
                continue
            try:
                grants.append(rights.grant(form.action, request.identity))
            except (Forbidden, Unauthenticated) as refusal:
                self._observe(AuthFailed(reason_of(refusal), request.client.address))
                raise WriteRefused(index, refusal) from refusal
        return grants

    def _operation(self, form: Form, grant: Grant, identity: Identity | None) -> Operation:
        wanted = form.precondition
        operation = Operation(
            self._targets[form.collection.resource.name],
            form.verb,
            form.record_id,
            form.body,
            grant.owner,
            wanted.version,
            wanted.holds,
            identity,
            form.named,
        )
        operation = operation._replace(broken=form.broken)
        if form.verb is not Verb.UPSERT:
            return operation
        if not grant.updates:
            return operation._replace(verb=Verb.CREATE, body=form.draft, named=None)
        return operation._replace(
            draft=form.draft, creator=grant.owner or grant.asker, creates=grant.creates
        )


async def _everyones(operation: Operation) -> Sequence[Record]:
    """The records of all owners that `operation` may mean."""
    collection, named = operation.target.collection, operation.named
    if named is None:
        return await record_of(collection.get, operation.record_id)
    return (await settled(collection.find(named.key, (named.value,)))).records


def _names(forms: Sequence[Form]) -> str:
    """The operations for a log line, the first of them."""
    named = ",".join(form.name for form in islice(forms, _NAMED))
    return named if len(forms) <= _NAMED else f"{named},…"
