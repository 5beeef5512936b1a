"""The answer to a batch: for each operation, what it would be answered with alone."""

from collections.abc import Sequence
from typing import Any, Final, assert_never

import msgspec

from estuary.core.access.rights import Grant
from estuary.core.batch.operations import Verb
from estuary.core.record import Written
from estuary.http.batch.operation_forms import Form
from estuary.http.messages import JSON, Response, fields, line
from estuary.http.records.by_value import status_of_upsert
from estuary.http.records.write_headers.idempotency import REPLAYED
from estuary.http.records.write_headers.preferences import MINIMAL_APPLIED
from estuary.http.records.write_headers.write_headers import WriteHeaders

_HEADERS: Final = frozenset({"etag", "location"})
_encode: Final = msgspec.json.Encoder().encode


class Result(msgspec.Struct, omit_defaults=True):
    """The result of one operation; `headers` are those that a client needs for its next request."""

    status: int
    headers: dict[str, str]
    body: Any = msgspec.UNSET


class Results(msgspec.Struct):
    """The results of all, in their order."""

    results: list[Result]


def answer(
    forms: Sequence[Form], made: Sequence[Written], headers: WriteHeaders, grants: Sequence[Grant]
) -> Response:
    """The answer to a batch that was made, or tried, by an asker with these grants for its operations."""
    results = [
        _result(form, written, headers, grant)
        for form, written, grant in zip(forms, made, grants, strict=True)
    ]
    lines = line(*JSON)
    if any(written.replayed for written in made):
        lines += line(*REPLAYED)
    if headers.minimal:
        lines += line(*MINIMAL_APPLIED)
    return Response(200, _encode(Results(results)), lines=lines)


def _result(form: Form, written: Written, headers: WriteHeaders, grant: Grant) -> Result:
    alone = form.collection.answers.granted(_status(form, written), written, headers, grant)
    shown = {name: value for name, value in fields(alone.lines) if name in _HEADERS}
    return Result(alone.status, shown, msgspec.Raw(alone.body) if alone.body else msgspec.UNSET)


def _status(form: Form, written: Written) -> int:
    match form.verb:
        case Verb.CREATE:
            return 201
        case Verb.UPDATE | Verb.PATCH:
            return 200
        case Verb.DELETE:
            return 204
        case Verb.UPSERT:
            return status_of_upsert(written)
        case _ as unknown:
            assert_never(unknown)
