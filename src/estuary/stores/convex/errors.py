"""The one seam where what Convex says becomes Estuary's errors; texts name neither keys nor records."""

from collections.abc import Mapping
from typing import Any

from estuary.core.errors import (
    EstuaryError,
    IdempotencyKeyReused,
    NotFound,
    RecordExists,
    RecordOrphaned,
    RecordRefused,
    Referenced,
    ReferenceMissing,
    StoreNotEmpty,
    StoreQueryFailed,
    StoreRefused,
    StoreSchemaMismatch,
    StoreUnavailable,
    TransactionTooLarge,
    UniqueConflict,
    VersionConflict,
    WriteRefused,
)

CLOSED = "The Convex store is not open"
DEPLOY = "deploy them with `npx convex deploy`, see docs/convex.md"

FUNCTION_FAILED = 560
"""The status, Convex's own, of an answer with a function's error; 200 is treated alike."""

_NOT_DEPLOYED = "Could not find public function"
_NOT_RUNNING = "while this deployment is"
_OVER_LIMIT = "your deployments have been disabled"
_OPEN_UP = (
    "The functions in Convex are closed to callers without a deploy key: set CONVEX_DEPLOY_KEY, or open "
    "them with `npx convex env set ESTUARY_PUBLIC true`"
)
_REASONS = {
    401: "Convex refuses the deploy key: check CONVEX_DEPLOY_KEY",
    403: "Convex refuses the deploy key: check CONVEX_DEPLOY_KEY",
    404: "there is no Convex deployment at CONVEX_DEPLOYMENT_URL",
}


class Unreachable(Exception):
    """The deployment could not be asked, or did not answer; a retry may succeed."""


class Untrusted(Unreachable):
    """What answers has no certificate that is trusted; a retry would meet it again."""


class AnswerTooLong(Exception):
    """An answer has more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(str(limit))
        self.limit = limit


def unavailable(reason: str) -> StoreUnavailable:
    """The outage, with its `reason`."""
    return StoreUnavailable(f"Convex is unavailable: {reason}")


def refused(reason: str) -> StoreRefused:
    """The mistake in the configuration, with its `reason`."""
    return StoreRefused(f"Convex is unavailable: {reason}")


def is_transient(status: int) -> bool:
    """Whether the same request may succeed soon: Convex is busy, in conflict with itself, or down."""
    return status == 429 or (status >= 500 and status != FUNCTION_FAILED)


def of_status(status: int) -> EstuaryError:
    """The error for a status other than success."""
    if status in _REASONS:
        return refused(_REASONS[status])
    if 300 <= status < 400:
        return refused("CONVEX_DEPLOYMENT_URL leads elsewhere; give the URL that it leads to")
    if is_transient(status):
        return unavailable(f"it answers with status {status}")
    return StoreQueryFailed(f"Convex refused a request with status {status}")


def is_dry_run(data: Any) -> bool:
    """Whether a function failed with `data` on purpose: Convex then rolls back what it wrote."""
    return isinstance(data, Mapping) and data.get("code") == "DryRun"


def of_foreign_answer() -> EstuaryError:
    """The error where a success is not in Convex's form: something else answered."""
    return refused("what answers at CONVEX_DEPLOYMENT_URL does not speak as Convex does")


def of_function(message: str, data: Any, about: str) -> EstuaryError:
    """The error that a function ended with.

    `data` is what Estuary's functions say, None where the function failed otherwise; `about` names what
    was asked for. Of `message` only Convex's own words are looked at.
    """
    if isinstance(data, Mapping):
        refusal = _of_code(data, about)
        # A write before another one is named by its place before it, and that one by its place in a batch.
        for place in ("before", "index"):
            refusal = WriteRefused(int(data[place]), refusal) if place in data else refusal
        return refusal
    if _NOT_DEPLOYED in message:
        return StoreSchemaMismatch(f"Estuary's functions are missing in Convex: {DEPLOY}")
    if _NOT_RUNNING in message or _OVER_LIMIT in message:
        return unavailable("the deployment is paused or disabled; its dashboard says why")
    return StoreQueryFailed("A function in Convex failed; the deployment's own log says why")


def _of_code(data: Mapping[str, Any], about: str) -> EstuaryError:
    """Errors of Estuary's functions about the service or the deployment."""
    match data.get("code"):
        case "StoreNotEmpty":
            return StoreNotEmpty("The store holds records already")
        case "Orphan":
            return StoreSchemaMismatch(
                f"Records of {data['resource']} in Convex refer to none by {data['field']}: that with the "
                f"id {data['id']} is the first; change or remove them first"
            )
        case "NotPublic":
            return StoreSchemaMismatch(_OPEN_UP)
        case "UnknownResource":
            return StoreSchemaMismatch(f"Convex has no table for a declared resource: {DEPLOY}")
        case "LoadGivenUp":
            return unavailable("the load was given up meanwhile, and nothing of it was kept")
        case _:
            return _of_write(data, about)


def _of_write(data: Mapping[str, Any], about: str) -> EstuaryError:
    """Errors of the functions about one record, or one write."""
    match data.get("code"):
        case "NotFound":
            return NotFound(about)
        case "RecordExists":
            return RecordExists(about)
        case "VersionConflict":
            return VersionConflict(int(data["current"]))
        case "IdTaken" if "refused" in data:
            return RecordRefused(str(data["refused"]), ("id",))
        case "UniqueConflict" | "Duplicates":
            return _of_unique_key(data)
        case "ReferenceMissing":
            field = str(data["field"])
            return (
                RecordOrphaned(str(data["refused"]), field)
                if "refused" in data
                else ReferenceMissing(field)
            )
        case "Referenced":
            return Referenced()
        case "IdempotencyKeyReused":
            return IdempotencyKeyReused()
        case "TransactionTooLarge":
            return TransactionTooLarge()
        case code:
            return StoreQueryFailed(f"Convex refused a request: {code}")


def _of_unique_key(data: Mapping[str, Any]) -> EstuaryError:
    """A write that would break a key, or records that did before it was declared."""
    fields = str(data["fields"]).split(",")
    if "refused" in data:
        return RecordRefused(str(data["refused"]), fields)
    if data["code"] == "UniqueConflict":
        return UniqueConflict(fields)
    return StoreSchemaMismatch(
        f"Records of {data['resource']} in Convex have values that another one has, too, and "
        f"{', '.join(fields)} is declared Unique: that with the id {data['id']} is the first; change or "
        "remove them first"
    )


def _of_reference(field: str, data: Mapping[str, Any]) -> EstuaryError:
    """A write, or a record that is loaded, which refers to no record."""
    return RecordOrphaned(str(data["refused"]), field) if "refused" in data else ReferenceMissing(field)
