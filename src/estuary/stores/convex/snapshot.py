"""All that a deployment holds, page by page: Convex's documented API reads at the present only."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC
from typing import Any

import msgspec

from estuary.core.moments import AwareDatetime
from estuary.core.queries.query import by_cursor
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.sources import Row, Survey
from estuary.stores.convex.collection import ConvexCollection
from estuary.stores.convex.documents import fitting, last_position, place_of
from estuary.stores.convex.functions import Functions

DUMPED_AT_ONCE = 1000


class _Document(msgspec.Struct):
    id: str
    version: float
    created_at: AwareDatetime
    updated_at: AwareDatetime
    owner: str
    value: dict[str, Any]


class _Run(msgspec.Struct):
    records: list[_Document]
    cut: bool


_run = msgspec.json.Decoder(_Run)


class ConvexSnapshot:
    """Implements `Snapshot`, but not as of one moment.

    Reading ends with what was the last record when it began, or writers could keep it going for ever.
    """

    def __init__(
        self, functions: Functions, survey: Survey, collections: Mapping[str, ConvexCollection]
    ) -> None:
        self._functions = functions
        self.survey = survey
        self._collections = collections

    async def records(self, resource: Resource) -> AsyncGenerator[Sequence[Record], None]:
        """Every record of a resource that is there from beginning to end."""
        collection = self._collections[resource.name]
        after, last = None, await collection.last()
        while last is not None and (after is None or after < last):
            found = await collection.list(by_cursor(DUMPED_AT_ONCE, after))
            if not found.records:
                break
            yield found.records
            after = place_of(found.records[-1])

    async def rows(self, table: str) -> AsyncGenerator[Sequence[Row], None]:
        """Every record of a table that is deployed, at most as many as there were at the beginning."""
        after, left = "", self.survey.undeclared.get(table, 0)
        while left > 0:
            arguments = {
                "resource": table,
                "owner": None,
                "after": after,
                "limit": min(left, DUMPED_AT_ONCE),
            }
            found = fitting(_run, await self._functions.query("page", arguments)).records
            if not found:
                break
            rows = [_row(document) for document in found]
            yield rows
            left -= len(rows)
            after = last_position(rows)


def _row(document: _Document) -> Row:
    return Row(
        document.id,
        int(document.version),
        document.created_at.astimezone(UTC),
        document.updated_at.astimezone(UTC),
        document.value,
        document.owner,
    )
