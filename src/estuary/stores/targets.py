"""What writes refer to, and whether those who ask for them may refer to it."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from estuary.core.access.access import Action
from estuary.core.access.reach import EVERYONES, Reach
from estuary.core.record import Place
from estuary.core.references.foreign_keys import ForeignKeys
from estuary.core.writes.writes import Delete, Demand, Insert, Update, Write, WriteOptions


class Targets:
    """The records that writes refer to by `keys`; `reach` gives whose an asker may use."""

    def __init__(self, keys: ForeignKeys, reach: Reach) -> None:
        self._keys = keys
        self._reach = reach

    def of(self, write: Write) -> Iterator[Place]:
        """The records that `write` has its own refer to."""
        if not isinstance(write, Delete):
            keys = {key.field: key.target for key in self._keys.of(write.resource)}
            for field, value in _values(write, list(keys)):
                if value is not None:
                    yield Place(keys[field], value)

    def demanded(self, write: Insert | Update) -> WriteOptions:
        """The options of `write`, by which it is refused where it refers to what its asker may not read."""
        keys = self._keys.of(write.resource)
        values = dict(_values(write, [key.field for key in keys]))
        demands = [
            Demand(key.field, key.target, values[key.field], whose.owner)
            for key in keys
            if values.get(key.field) is not None
            and (whose := self._reach(write.options.identity, key.target, Action.READ)) != EVERYONES
        ]
        return replace(write.options, demands=tuple(demands)) if demands else write.options


def _values(write: Insert | Update, fields: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """What `write` sets `fields` to, as far as it does."""
    for field in fields:
        if isinstance(write, Insert):
            yield field, getattr(write.record.value, field)
        elif field in write.changes:
            yield field, write.changes[field]
