"""The errors Estuary knows: a code and data each; how they look on a wire is not decided here."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import msgspec


class Violation(msgspec.Struct, frozen=True):
    """One rule that one field of the input breaks."""

    field: str
    message: str
    code: str


class EstuaryError(Exception):
    """The root of every error that Estuary raises on purpose."""

    code: ClassVar[str] = "INTERNAL_SERVER_ERROR"


class ValidationFailed(EstuaryError):
    """The input is well formed, but fields break their rules."""

    code = "VALIDATION_ERROR"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(violation.message for violation in violations))
        self.violations = tuple(violations)


class NotFound(EstuaryError):
    """There is no such record or route."""

    code = "NOT_FOUND"


class Unauthenticated(EstuaryError):
    """The request has no token ("missing"), or one that does not hold; `reason` says why in a word."""

    code = "UNAUTHORIZED"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forbidden(EstuaryError):
    """The asker may not do this; a token that grants `scope` may, where one is given."""

    code = "FORBIDDEN"

    def __init__(self, scope: str | None = None) -> None:
        super().__init__(scope or "")
        self.scope = scope


class KeysUnavailable(EstuaryError):
    """No token can be verified now: the issuer's keys were never had."""

    code = "SERVICE_UNAVAILABLE"


class KeyConflict(EstuaryError):
    """An API key cannot be made, for there are too many, or not be rotated, for it has ended."""

    code = "CONFLICT"


class LimiterUnavailable(EstuaryError):
    """Requests cannot be counted now, and without that none may pass; `reason` is for the log."""

    code = "SERVICE_UNAVAILABLE"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LimiterRefused(EstuaryError):
    """What should count requests is there but will not work as configured; the message says what to do."""


class PreconditionFailed(EstuaryError):
    """The request is made on a condition that does not hold."""

    code = "PRECONDITION_FAILED"


class VersionConflict(PreconditionFailed):
    """A conditional write expected another version of the record than `current`."""

    def __init__(self, current: int) -> None:
        super().__init__(str(current))
        self.current = current


class RecordExists(PreconditionFailed):
    """There is a record under the id that a client chose for a new one; no more is disclosed of it."""


class WriteContention(EstuaryError):
    """Others wrote to the record each time that this write had seen it; the same request may succeed."""

    code = "CONFLICT"


class IdempotencyKeyReused(EstuaryError):
    """The key was used for another write within its lifetime."""

    code = "VALIDATION_ERROR"


class IdempotencyKeyInFlight(EstuaryError):
    """The write that carries the same key has not ended yet."""

    code = "CONFLICT"


class UniqueConflict(EstuaryError):
    """Another record has the same values of `fields`, of which no two records may.

    It names neither that record nor the values. There are no fields where the database keeps what is not
    declared to be unique: until it is migrated, or for an index that Estuary did not make.
    """

    code = "CONFLICT"

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(f"{', '.join(fields) or 'a value'} must be unique")
        self.fields = tuple(fields)


class ReferenceMissing(EstuaryError):
    """The record that `field` refers to is not there, or not for the one who asks."""

    code = "VALIDATION_ERROR"

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} refers to no record")
        self.field = field


class Referenced(EstuaryError):
    """The record stays, for others refer to it; which, or how many, is not disclosed."""

    code = "CONFLICT"


class CascadeTooLarge(Referenced):
    """More records would go with the record, or be changed, than one delete takes."""


class Advice(NamedTuple):
    """What makes a list query cheap: all that is named here together, and nothing does where nothing is.

    `declare` are the fields of an index to be declared, as a declaration writes them; `sort` is the order
    to ask for instead. `counts` and `skips` say that an index serves the query, but not its exact number,
    or not what it skips.
    """

    declare: tuple[str, ...] = ()
    sort: str = ""
    counts: bool = False
    skips: bool = False


class SeveralRecords(EstuaryError):
    """A value names records of several owners, and nothing says whose is meant."""

    code = "CONFLICT"


class QueryTooExpensive(EstuaryError):
    """A list query that no index serves looks at more records than it may, or for longer."""

    code = "QUERY_TOO_EXPENSIVE"

    def __init__(self, advice: Advice) -> None:
        super().__init__(str(advice))
        self.advice = advice


class QueriesWaiting(EstuaryError):
    """As many list queries that no index serves as may run did so for all the time that this one had."""

    code = "SERVICE_UNAVAILABLE"


class QueryUnsupported(EstuaryError):
    """The store that is in use cannot answer this list query; the message says what it cannot do."""

    code = "QUERY_UNSUPPORTED"


class WriteRefused(EstuaryError):
    """One of several writes cannot be made, and so none was: `index` is its place, `refusal` says why."""

    def __init__(self, index: int, refusal: EstuaryError) -> None:
        super().__init__(f"write {index}: {refusal}")
        self.index = index
        self.refusal = refusal


class TransactionTooLarge(EstuaryError):
    """Several writes together leave behind more than the store keeps; none was made."""

    code = "PAYLOAD_TOO_LARGE"


class HookFailed(EstuaryError):
    """A declaration's own hook did what no hook may: a defect, reported to the operator alone."""

    def __init__(self, resource: str, hook: str, what: str) -> None:
        super().__init__(f"hook {hook} of {resource} {what}")


class StoreError(EstuaryError):
    """A store could not do what it was asked, and it is not the caller's fault."""

    code = "DATABASE_ERROR"


class StoreUnavailable(StoreError):
    """The store cannot be reached, is closed, or did not answer in time; a retry may succeed."""


class StoreRefused(StoreUnavailable):
    """The store cannot be used as it is configured; no waiting mends that, the message says what does."""


class StoreQueryFailed(StoreError):
    """The store answered with its own error; a retry would meet it again."""


class StoreSchemaMismatch(StoreError):
    """What the store holds does not fit the declared resources; the message says what to do."""


class StoreNotMigrated(StoreSchemaMismatch):
    """What the store holds can be made to fit the declared resources, and was not yet."""


class RecordRefused(StoreError):
    """A record that is to be loaded has the id, or the values of a unique key, of another one."""

    def __init__(self, record_id: str, fields: Sequence[str]) -> None:
        super().__init__(f"the record {record_id} has the {' and '.join(fields)} of another one")
        self.record_id = record_id
        self.fields = tuple(fields)


class RecordOrphaned(RecordRefused):
    """A record that is to be loaded refers by a field to one that is not loaded with it."""

    def __init__(self, record_id: str, field: str) -> None:
        super().__init__(record_id, (field,))
        self.args = (f"the record {record_id} refers by {field} to one that is not there",)


class StoreNotEmpty(StoreError):
    """Records are to be loaded into a store that has some already."""

    code = "CONFLICT"
