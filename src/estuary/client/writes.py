"""Writes: what each is as a request, and as an operation of a batch."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from estuary.client.errors import UnexpectedAnswer
from estuary.client.exchange import Answer, Request
from estuary.client.identifiers import new_key
from estuary.client.records import Codec, Record
from estuary.client.values import Fields, encoded, replaces

T = TypeVar("T")

BATCH_PATH: Final = "/api/v1/batch"
_JSON: Final = "application/json"
_MERGE_PATCH: Final = "application/merge-patch+json"


class Options(msgspec.Struct, frozen=True):
    """Options of a write besides its content.

    `version`: the one that the record must have. `validate_only`: check the write, and keep nothing.
    `owner`: whose record it is. `idempotency_key`: that of an earlier call that had no answer.
    """

    version: int | None = None
    validate_only: bool = False
    owner: str | None = None
    idempotency_key: str | None = None


class Write(msgspec.Struct, frozen=True):
    """One write; a delete has no `body`."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Fields | None = None

    def alone(self, options: Options) -> Request:
        """The request that makes it."""
        content = None if self.body is None else encoded(self.body)
        media_type = _MERGE_PATCH if self.method == "PATCH" else _JSON
        return _request(self.method, self.path, content, media_type, options, self.headers)

    @property
    def operation(self) -> dict[str, Any]:
        """The write as an operation of a batch."""
        request: dict[str, Any] = {"method": self.method, "path": self.path, "headers": self.headers}
        return request if self.body is None else {**request, "body": self.body}


def creating(collection: str, fields: Fields, record_id: str | None) -> Write:
    """A new record, under an id that the client or (None) the service chooses."""
    if record_id is None:
        return Write("POST", collection, {}, fields)
    return Write("PUT", f"{collection}/{record_id}", {"If-None-Match": "*"}, fields)


def patching(path: str, changes: Fields, version: int | None) -> Write:
    """A merge patch of the record at `path`."""
    return Write("PATCH", path, _if_match(version), changes)


def deleting(path: str, version: int | None) -> Write:
    """A delete of the record at `path`."""
    return Write("DELETE", path, _if_match(version))


def setting(path: str, fields: Fields, version: int | None) -> Sequence[Write]:
    """The writes that set these fields of the record at `path`; None clears one.

    `PUT` leaves a field that is null as it is, and `PATCH` merges objects instead of replacing them; fields
    of both sorts take one of each, in one batch.
    """
    first = _if_match(version)
    whole = {name: value for name, value in fields.items() if not replaces(value)}
    if None not in fields.values():
        return (Write("PUT", path, first, fields),)
    if not whole:
        return (Write("PATCH", path, first, fields),)
    rest = {name: value for name, value in fields.items() if name not in whole}
    second = {} if version is None else {"If-Match": "*"}  # within the batch there is no other writer
    return (Write("PUT", path, first, whole), Write("PATCH", path, second, rest))


def batched(writes: Sequence[Write], options: Options) -> Request:
    """The request that makes all of these, or none."""
    content = encoded({"operations": [each.operation for each in writes]})
    return _request("POST", BATCH_PATH, content, _JSON, options, {})


class Result(msgspec.Struct, frozen=True):
    """The result of one operation of a batch."""

    status: int
    headers: dict[str, str] = {}
    body: msgspec.Raw = msgspec.Raw()


class _Results(msgspec.Struct):
    results: list[Result]


def results_in(answer: Answer, expected: int) -> list[Result]:
    """The results of a batch of `expected` operations; raises `UnexpectedAnswer`."""
    try:
        results = msgspec.json.decode(answer.body, type=_Results).results
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(f"the batch's answer cannot be read: {error}") from error
    if expected != len(results):
        raise UnexpectedAnswer(f"the batch has {expected} operations, its answer {len(results)}")
    return results


@contextmanager
def reading_answer(request: Request) -> Iterator[None]:
    """Within it, an `UnexpectedAnswer` gets the idempotency key of the `request` that was answered so."""
    try:
        yield
    except UnexpectedAnswer as error:
        error.idempotency_key = request.idempotency_key
        raise


def written(codec: Codec[T], answer: Answer | Result) -> Record[T]:
    """The record that a write answers with; where the client may not read it, one that is not shown."""
    tag = answer.headers.get("etag")
    if answer.status == 204:
        return Record(None)
    return codec.record(answer.body, tag)


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _request(
    method: str,
    path: str,
    content: bytes | None,
    media_type: str,
    options: Options,
    conditions: Mapping[str, str],
) -> Request:
    asked = {"owner": options.owner} if options.owner is not None else {}
    if options.validate_only:
        asked["validate_only"] = "true"
    headers = {**conditions, "Idempotency-Key": options.idempotency_key or new_key()}
    if content is not None:
        headers["Content-Type"] = media_type
    return Request(method, f"{path}?{urlencode(asked)}" if asked else path, headers, content)
