"""A store as a source: all that it holds, declared or not, read without a trace."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec

from estuary.core.record import Record
from estuary.core.resource import Resource


class Survey(msgspec.Struct, frozen=True):
    """The content of a store.

    `store_id` identifies the store, and is empty where the store has none yet. `records` is
    how many the declared resources have. `undeclared` are the tables of records that no resource declares,
    each with the number of its records, which is never 0; `columns` are those that the table of a resource
    has beside the declared ones.
    """

    store_id: str
    records: int
    undeclared: Mapping[str, int]
    columns: Mapping[str, Sequence[str]]


class Row(msgspec.Struct, frozen=True, gc=False):
    """A record of an undeclared table: its value is what its columns hold, as the engine keeps it."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    columns: Mapping[str, Any]
    owner: str = ""


class Snapshot(Protocol):
    """A store as of one moment, unless its engine cannot do that. Each may raise `StoreError`."""

    survey: Survey

    def records(self, resource: Resource) -> AsyncGenerator[Sequence[Record], None]:
        """The records of a declared resource in their order, a batch at a time."""
        ...

    def rows(self, table: str) -> AsyncGenerator[Sequence[Row], None]:
        """The same of a table that holds more than is declared, or is not declared at all."""
        ...


@runtime_checkable
class Source(Protocol):
    """A store that can be copied from. It need not be open; nothing in it is made or changed."""

    async def survey(self) -> Survey:
        """What there is now; cheap. Raises `StoreUnavailable`, `StoreSchemaMismatch`."""
        ...

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        """Everything as of now; writes go on meanwhile. Raises as `survey` does.

        So it does where the table of a resource does not fit its declaration.
        """
        ...
