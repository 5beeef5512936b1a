"""Updates that are worked out from the record: it is read, and the version that was read is written to."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.errors import (
    EstuaryError,
    HookFailed,
    NotFound,
    ValidationFailed,
    VersionConflict,
)
from estuary.core.record import Place, Record, Written
from estuary.core.writes.contention import Attempts
from estuary.core.writes.writes import NO_VERSION, WriteOptions


async def rewritten(
    read: Callable[[], MaybeAwaitable[Record]],
    change: Callable[[Record], Mapping[str, Any]],
    write: Callable[[Mapping[str, Any], WriteOptions], Awaitable[Written]],
    options: WriteOptions,
    holds: Callable[[int], bool],
    attempts: Attempts,
    place: Place,
) -> Written:
    """What `write` makes of the changes that `change` gives for the record, if its version `holds`.

    What `read` gives may be out of date, for a cache may stand before the store: the store decides by the
    version, and a write that it refuses has the cache forget the record. Where what was read speaks against
    the write, the store is asked for a version that never is: it knows the current one, and whether the
    write was made before, with the same key. Raises what `read`, `change` and `write` raise, and
    `WriteContention` where others write in between at each of the `attempts`.
    """
    with attempts:
        while True:
            seen, changes = NO_VERSION, {}
            refusal: EstuaryError | None = None
            try:
                found = read()
                record = found if isinstance(found, Record) else await found
                seen = record.version
                changes = dict(change(record)) if holds(seen) else {}
            except NotFound as error:
                if options.key is None:
                    raise
                refusal = error
            except (ValidationFailed, HookFailed) as error:
                refusal = error
            expected = seen if refusal is None and holds(seen) else NO_VERSION
            try:
                return await write(changes, replace(options, expected_version=expected))
            except VersionConflict as conflict:
                if not holds(conflict.current):
                    raise
                if refusal is not None and conflict.current == seen:
                    raise refusal from refusal.__cause__
            await attempts.lost(place)
