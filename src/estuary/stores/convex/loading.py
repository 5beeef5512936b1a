"""A whole store loaded: into a generation that is not read, which is then served in one step."""

import asyncio
import os
from collections.abc import AsyncIterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from estuary.core.errors import StoreError
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.convex.documents import Documents, fitting
from estuary.stores.convex.functions import Functions

MAX_RECORDS = 250
MAX_BYTES = 2 * 1024**2
"""The most bytes of one request: far below a mutation's limit, and a fraction of a second's work."""
_TIMEOUT = 60.0


class _Reached(msgspec.Struct):
    after: str
    done: bool


_reached = msgspec.json.Decoder(_Reached)


class Loading:
    """One load, which keeps all records or none (see `convex/load.ts`).

    Records of the `referring` resources refer to others.
    """

    def __init__(self, functions: Functions, referring: Sequence[str], *, replace: bool) -> None:
        self._functions = functions
        self._referring = referring
        self._generation = os.urandom(16).hex()
        self._replace = replace

    async def run(self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]]) -> int:
        """Load what `batches` give; the number of records. Raises `StoreNotEmpty`."""
        await self._step("beginLoad", replace=self._replace)
        try:
            count = 0
            async for resource, records in batches:
                for documents in _portions(Documents(resource), records):
                    await self._step("appendLoad", resource=resource.name, records=documents)
                count += len(records)
            for name in self._referring:
                await self._check(name)
            await self._step("commitLoad", replace=self._replace)
        except BaseException:
            # Should this fail too, Convex gives the load up by itself after a while.
            with suppress(StoreError):
                await asyncio.shield(self._step("discardLoad"))
            raise
        return count

    async def _check(self, resource: str) -> None:
        """Raise `RecordOrphaned` where a record refers to one that was not loaded with it."""
        reached = _Reached("", done=False)
        while not reached.done:
            place = {"generation": self._generation, "resource": resource, "after": reached.after}
            reached = fitting(_reached, await self._functions.query("checkLoad", place))

    async def _step(self, name: str, **arguments: Any) -> None:
        await self._functions.mutate(name, {"generation": self._generation, **arguments}, seconds=_TIMEOUT)


def _portions(form: Documents, records: Sequence[Record]) -> Iterator[list[msgspec.Raw]]:
    """`records` as documents, in portions that one request can carry."""
    portion: list[msgspec.Raw] = []
    size = 0
    for record in records:
        encoded = _encoded(form.document(record))
        if portion and (len(portion) == MAX_RECORDS or size + len(encoded) > MAX_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(msgspec.Raw(encoded))
        size += len(encoded)
    if portion:
        yield portion


def _encoded(fields: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(fields)
