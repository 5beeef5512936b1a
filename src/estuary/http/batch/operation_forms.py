"""The operations of a batch, each of a form that can be made."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, assert_never

import msgspec

from estuary.core.access.access import Action
from estuary.core.access.identity import Identity
from estuary.core.batch.operations import Named, Verb
from estuary.core.errors import ValidationFailed, WriteRefused
from estuary.core.record_id import canonical_id, is_record_id
from estuary.http.batch.batch_body import OPERATIONS, SentOperation, sent_headers, sent_operations
from estuary.http.errors import BadRequest, InvalidParameter, PreconditionRequired
from estuary.http.header_fields import Fields
from estuary.http.path import decoded_path, decoded_segment
from estuary.http.records.change_handlers import ID_MESSAGE
from estuary.http.records.handlers import RecordHandlers
from estuary.http.records.query_string import hint
from estuary.http.records.value_paths import ValuePaths
from estuary.http.records.write_headers.preconditions import (
    ABSENT,
    IF_MATCH,
    IF_NONE_MATCH,
    NO_PRECONDITION,
    Precondition,
    demands_absence,
    precondition_of,
)

METHODS: Final = ("POST", "PUT", "PATCH", "DELETE")
_VERBS: Final = {"PUT": Verb.UPDATE, "PATCH": Verb.PATCH, "DELETE": Verb.DELETE}
_HEADERS: Final = {IF_MATCH.lower(): IF_MATCH, IF_NONE_MATCH.lower(): IF_NONE_MATCH}


class Place(NamedTuple):
    """What a path names: a collection, or the record of the id or the value in its last segment."""

    collection: RecordHandlers
    named: str = ""
    paths: ValuePaths | None = None


class Form(NamedTuple):
    """One operation whose form is right; whether it may be made was not asked yet.

    `draft` is the new record that a PUT by a value creates where none has it; `broken` is what such a body
    and its path break.
    """

    collection: RecordHandlers
    method: str
    verb: Verb
    precondition: Precondition
    record_id: str = ""
    body: msgspec.Struct | None = None
    named: Named | None = None
    draft: msgspec.Struct | None = None
    broken: ValidationFailed | None = None

    @property
    def action(self) -> Action:
        """What is asked for: an upsert on condition is an update."""
        match self.verb:
            case Verb.CREATE:
                return Action.CREATE
            case Verb.UPDATE | Verb.PATCH:
                return Action.UPDATE
            case Verb.DELETE:
                return Action.DELETE
            case Verb.UPSERT:
                return Action.UPSERT if self.precondition == NO_PRECONDITION else Action.UPDATE
            case _ as unknown:
                assert_never(unknown)

    @property
    def name(self) -> str:
        """Its method and path, for the log."""
        return f"{self.method} {self.collection.resource.name}"


class BatchForms:
    """Reads the bodies of batches of at most `most` operations on `collections`, which are by their paths.

    `now` is the clock. `require_if_match` refuses changes that expect no version.
    """

    def __init__(
        self,
        collections: Mapping[str, RecordHandlers],
        now: Callable[[], datetime],
        *,
        most: int,
        require_if_match: bool,
    ) -> None:
        self._collections = collections
        self._now = now
        self._places = {f"{path}/": Place(handlers) for path, handlers in collections.items()}
        self._places |= {
            each.paths.prefix: Place(handlers, paths=each.paths)
            for handlers in collections.values()
            for each in handlers.by_value
        }
        self._most = most
        self._require_if_match = require_if_match

    def read(self, body: bytes, identity: Identity | None) -> Sequence[Form]:
        """The operations that `body` holds, and `identity` asks for.

        Raises `BadRequest`, `WriteRefused` for one of them.
        """
        forms: list[Form] = []
        for index, operation in enumerate(sent_operations(body, self._most)):
            try:
                forms.append(self._form(f"{OPERATIONS}[{index}]", operation, identity))
            except (BadRequest, PreconditionRequired) as error:
                raise WriteRefused(index, error) from error
        return forms

    def _form(self, name: str, operation: SentOperation, identity: Identity | None) -> Form:
        method = operation.method
        if method not in METHODS:
            raise InvalidParameter(f"{name}.method", f"Must be {', '.join(METHODS[:-1])} or {METHODS[-1]}")
        place = self._place(f"{name}.path", operation)
        precondition = self._precondition(method, _fields(f"{name}.headers", operation))
        creates = method == "POST" or precondition.absent
        if place.paths is not None:
            created = partial(place.collection.resource.created, now=self._now(), identity=identity)
            return _by_value(f"{name}.body", operation, place, place.paths, precondition, created)
        record_id = canonical_id(place.named)
        if precondition.absent and not is_record_id(record_id):
            raise InvalidParameter("id", ID_MESSAGE)
        verb = Verb.CREATE if creates else _VERBS[method]
        body = _body(f"{name}.body", operation)
        codec = place.collection.codec
        decode = codec.draft if creates else codec.patch if method == "PATCH" else codec.changes
        decoded = None if body is None else decode(body)
        return Form(place.collection, method, verb, precondition, record_id, decoded)

    def _place(self, name: str, operation: SentOperation) -> Place:
        if "?" in operation.path or "#" in operation.path:
            raise InvalidParameter(name, "Must have no query")
        near = next(iter(self._collections))
        if operation.method == "POST":
            collection = self._collections.get(decoded_path(operation.path))
            if collection is None:
                raise InvalidParameter(name, f"Must be the path of a collection, such as {near}")
            return Place(collection)
        many, slash, segment = operation.path.rpartition("/")
        place = self._places.get(decoded_path(many) + slash) if segment else None
        if place is None:
            raise InvalidParameter(name, f"Must be the path of a record, such as {near}/{{id}}")
        named = decoded_path(segment)
        if place.paths is None:
            return place._replace(named=named)  # what is no id names no record
        try:
            return place._replace(named=decoded_segment(named))
        except InvalidParameter as refused:
            raise InvalidParameter(name, refused.message.partition(": ")[2]) from None

    def _precondition(self, method: str, headers: Fields) -> Precondition:
        """The precondition, as of a separate request; a create has none, for it is about no record."""
        if method == "POST":
            return NO_PRECONDITION
        if method == "PUT" and demands_absence(headers):
            return ABSENT
        if self._require_if_match and headers.get("if-match") is None:
            raise PreconditionRequired
        return precondition_of(headers)


def _by_value(
    name: str,
    operation: SentOperation,
    place: Place,
    paths: ValuePaths,
    precondition: Precondition,
    created: Callable[[msgspec.Struct], msgspec.Struct],
) -> Form:
    """An operation on the record that has a value; `created` gives what would be kept of a new one."""
    body, method = _body(name, operation), operation.method
    codec = place.collection.codec
    if method != "PUT" or body is None:
        named = Named(paths.key, paths.value(place.named))
        patch = None if body is None else codec.patch(body)
        return Form(place.collection, method, _VERBS[method], precondition, body=patch, named=named)
    draft: Any = paths.decode(body)
    value, broken = None, None
    try:
        value = paths.complete(draft, place.named, created)
    except ValidationFailed as error:
        broken = error
    form = Form(
        place.collection,
        method,
        Verb.CREATE,
        precondition,
        body=draft,
        named=Named(paths.key, value),
        broken=broken,
    )
    if precondition.absent:
        return form
    return form._replace(verb=Verb.UPSERT, body=codec.changes(body), draft=draft)


def _fields(name: str, operation: SentOperation) -> Fields:
    fields = Fields()
    for named, field, value in sent_headers(name, operation):
        if field.lower() not in _HEADERS:
            raise InvalidParameter(named, f"Header is unknown; {hint(field, list(_HEADERS.values()))}")
        fields.put(field.lower(), value)
    return fields


def _body(name: str, operation: SentOperation) -> bytes | None:
    """The operation's body; None of a DELETE."""
    given = operation.body
    if operation.method == "DELETE":
        if given is not msgspec.UNSET:
            raise InvalidParameter(name, "Must be absent: DELETE has none")
        return None
    if given is msgspec.UNSET:
        raise InvalidParameter(name, "Is required")
    return bytes(given)
