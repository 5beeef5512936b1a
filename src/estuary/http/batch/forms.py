"""The body of a batch: its operations as they were sent, each of a form that can be made."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from estuary.core.batch.operations import Verb
from estuary.core.errors import WriteRefused
from estuary.core.nesting import nests_too_deep
from estuary.core.record_id import canonical_id, is_record_id
from estuary.http.errors import BadRequest, InvalidParameter, PreconditionRequired
from estuary.http.fields import Fields
from estuary.http.records.bodies import is_utf8
from estuary.http.records.handlers import ID_MESSAGE, RecordHandlers
from estuary.http.records.query_string import told
from estuary.http.records.write_headers.preconditions import (
    ABSENT,
    IF_MATCH,
    IF_NONE_MATCH,
    NO_PRECONDITION,
    Precondition,
    demands_absence,
    precondition_of,
)

OPERATIONS: Final = "operations"
METHODS: Final = ("POST", "PUT", "PATCH", "DELETE")
MEMBERS: Final = ("method", "path", "headers", "body")
_HEADERS: Final = {IF_MATCH.lower(): IF_MATCH, IF_NONE_MATCH.lower(): IF_NONE_MATCH}
_TYPES: Final = {"str": "a text", "array": "a list", "object": "an object"}

_is_missing = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?(.*)`)?").fullmatch
_is_unknown = re.compile(
    r"Object contains unknown field `(.*?)`(?: - at `\$\.?(.*)`)?", re.DOTALL
).fullmatch
_is_wrong = re.compile(r"Expected `(\w+).*`, got `.*?`(?: - at `\$\.?(.*)`)?").fullmatch
_index_in = re.compile(r"operations\[(\d+)\]").match


class _Operation(msgspec.Struct, forbid_unknown_fields=True):
    method: str
    path: str
    headers: dict[str, str] = {}
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    operations: list[_Operation]


_decode: Final = msgspec.json.Decoder(_Batch).decode


class Form(NamedTuple):
    """One operation whose form is right; nobody was asked yet whether it may be made."""

    collection: RecordHandlers
    method: str
    verb: Verb
    record_id: str
    body: msgspec.Struct | None
    precondition: Precondition

    @property
    def name(self) -> str:
        """What it does, and to what, for the log."""
        return f"{self.method} {self.collection.resource.name}"


class BatchForms:
    """Reads the bodies of batches of at most `most` operations on `collections`, which are by their paths.

    `require_if_match` refuses changes that expect no version.
    """

    def __init__(
        self, collections: Mapping[str, RecordHandlers], *, most: int, require_if_match: bool
    ) -> None:
        self._collections = collections
        self._most = most
        self._require_if_match = require_if_match

    def read(self, body: bytes) -> Sequence[Form]:
        """The operations that `body` holds; raises `BadRequest`, `WriteRefused` for one of them."""
        operations = _decoded(body).operations
        if not operations:
            raise InvalidParameter(OPERATIONS, "Must have at least one")
        if len(operations) > self._most:
            raise InvalidParameter(OPERATIONS, f"Must be at most {self._most}")
        forms: list[Form] = []
        for index, operation in enumerate(operations):
            try:
                forms.append(self._form(f"{OPERATIONS}[{index}]", operation))
            except (BadRequest, PreconditionRequired) as error:
                raise WriteRefused(index, error) from error
        return forms

    def _form(self, name: str, operation: _Operation) -> Form:
        method = operation.method
        if method not in METHODS:
            raise InvalidParameter(f"{name}.method", f"Must be {', '.join(METHODS[:-1])} or {METHODS[-1]}")
        collection, record_id = self._place(f"{name}.path", operation)
        headers = _fields(f"{name}.headers", operation.headers)
        precondition = self._precondition(method, headers)
        creates = method == "POST" or precondition.absent
        if precondition.absent and not is_record_id(record_id):
            raise InvalidParameter("id", ID_MESSAGE)
        body = _body(f"{name}.body", operation, collection, creates=creates)
        verb = Verb.CREATE if creates else _VERBS[method]
        return Form(collection, method, verb, record_id, body, precondition)

    def _place(self, name: str, operation: _Operation) -> tuple[RecordHandlers, str]:
        path = operation.path
        if "?" in path or "#" in path:
            raise InvalidParameter(name, "Must have no query")
        if operation.method == "POST":
            collection, record_id = self._collections.get(path), ""
        else:
            many, _, record_id = path.rpartition("/")
            collection = self._collections.get(many) if record_id else None
        if collection is None:
            what = "a collection" if operation.method == "POST" else "a record"
            near = next(iter(self._collections))
            example = near if operation.method == "POST" else f"{near}/{{id}}"
            raise InvalidParameter(name, f"Must be the path of {what}, such as {example}")
        return collection, canonical_id(record_id)

    def _precondition(self, method: str, headers: Fields) -> Precondition:
        """As of a request of its own; preconditions of a create are about no record."""
        if method == "POST":
            return NO_PRECONDITION
        if method == "PUT" and demands_absence(headers):
            return ABSENT
        if self._require_if_match and headers.get("if-match") is None:
            raise PreconditionRequired
        return precondition_of(headers)


_VERBS: Final = {"PUT": Verb.UPDATE, "PATCH": Verb.PATCH, "DELETE": Verb.DELETE}


def _decoded(body: bytes) -> _Batch:
    if nests_too_deep(body) or not is_utf8(body):
        raise BadRequest("Malformed JSON")
    try:
        return _decode(body)
    except msgspec.ValidationError as error:
        raise _misshapen(str(error)) from None
    except msgspec.DecodeError:
        raise BadRequest("Malformed JSON") from None


def _misshapen(message: str) -> BadRequest | WriteRefused:
    """What msgspec's `message` says of a batch's own members, in words that clients know."""
    if (missing := _is_missing(message)) is not None:
        path, said = _joined(missing[2], missing[1]), "Is required"
    elif (strange := _is_unknown(message)) is not None:
        known = ", ".join(MEMBERS if strange[2] else (OPERATIONS,))
        path, said = _joined(strange[2], told(strange[1])), f"Is unknown; known are {known}"
    elif (wrong := _is_wrong(message)) is not None:
        path, said = wrong[2] or "body", f"Must be {_TYPES.get(wrong[1], 'of another type')}"
    else:
        path, said = OPERATIONS, "Must be a list of operations"
    error = InvalidParameter(path.replace("[...]", ""), said)
    index = _index_in(path)
    return error if index is None else WriteRefused(int(index[1]), error)


def _joined(path: str | None, member: str) -> str:
    return f"{path}.{member}" if path else member


def _fields(name: str, given: Mapping[str, str]) -> Fields:
    fields = Fields()
    for header, value in given.items():
        if header.lower() not in _HEADERS:
            raise InvalidParameter(
                f"{name}.{told(header)}", f"Is unknown; known are {', '.join(_HEADERS.values())}"
            )
        fields.put(header.lower(), value.strip(" \t"))
    return fields


def _body(
    name: str, operation: _Operation, collection: RecordHandlers, *, creates: bool
) -> msgspec.Struct | None:
    given = operation.body
    if operation.method == "DELETE":
        if given is not msgspec.UNSET:
            raise InvalidParameter(name, "Must be absent: DELETE has none")
        return None
    if given is msgspec.UNSET:
        raise InvalidParameter(name, "Is required")
    codec = collection.codec
    decode = codec.draft if creates else codec.patch if operation.method == "PATCH" else codec.changes
    return decode(bytes(given))
