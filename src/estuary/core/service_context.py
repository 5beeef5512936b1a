"""The dependencies that the use cases of all resources share."""

from collections.abc import Callable

import msgspec

from estuary.core.ports import Clock, Observer
from estuary.core.writes.contention import Attempts


class ServiceContext(msgspec.Struct, frozen=True, kw_only=True):
    """The world around a `RecordService`, and how it treats list queries.

    `new_id` makes canonical UUIDs that never repeat. `attempts` gives those at one write. `require_index`
    refuses list queries that no index serves; `one_direction` says that in the store all fields of an index
    have the same direction.
    """

    clock: Clock
    new_id: Callable[[], str]
    observe: Observer
    attempts: Callable[[], Attempts]
    require_index: bool = False
    one_direction: bool = False
