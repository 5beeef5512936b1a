"""List queries with conditions or an order: counted, timed, refused where an index is demanded."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.errors import Advice, QueryTooExpensive
from estuary.core.observations import ListQueried, ListQuerySlow
from estuary.core.queries.conditions import shape
from estuary.core.queries.indexes import advice, ascending
from estuary.core.queries.plans import Plans
from estuary.core.queries.queries_by_key import QueriesByKey, narrowed
from estuary.core.queries.query import ListQuery, ListResult
from estuary.core.queries.uniques import UniqueKey
from estuary.core.resource import Resource
from estuary.core.service_context import ServiceContext

SLOW_SECONDS: Final = 0.25
"""Seconds from which a query is reported: no page that an index serves takes as long in a healthy store."""


class ListQueries:
    """Asks `find` for the lists of `resource`, and observes how they are served.

    `look_up` finds records by the values of a unique key, which serves queries for those values. Where all
    fields of the store's indexes have one direction, its indexes are those that `ascending` gives.
    """

    def __init__(
        self,
        resource: Resource,
        find: Callable[[ListQuery], MaybeAwaitable[ListResult]],
        look_up: Callable[[UniqueKey, Sequence[Any], str | None], MaybeAwaitable[ListResult]],
        context: ServiceContext,
    ) -> None:
        self._name = resource.name
        self._indexes = ascending(resource.indexes) if context.one_direction else resource.indexes
        self._plans = Plans(self._indexes)
        self._one_direction = context.one_direction
        self._unordered = resource.unordered
        self._find = find
        self._look_up = look_up
        self._by_key = QueriesByKey(resource.unique_keys)
        self._monotonic = context.clock.monotonic
        self._observe = context.observe
        self._require_index = context.require_index
        self._served = ListQueried(resource.name, served=True)
        self._unserved = ListQueried(resource.name, served=False)

    def plain(self) -> None:
        """Count a list of all records in their own order, which every store serves."""
        self._observe(self._served)

    def ask(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """The result of `query`; raises `QueryTooExpensive`."""
        served = self._plans.of(query.where, query.sort).served
        named = None if served else self._by_key.named(query)
        if named is None:
            return self._ask(query, served)
        found = self._look_up(named.key, named.values, query.owner)
        if isinstance(found, ListResult):
            return self._ask_found(query, found)
        return self._ask_later(query, found)

    def _ask_found(self, query: ListQuery, found: ListResult) -> MaybeAwaitable[ListResult]:
        narrow = narrowed(query, found)
        return self._ask(narrow, served=narrow is not query)

    async def _ask_later(self, query: ListQuery, found: Awaitable[ListResult]) -> ListResult:
        return await settled(self._ask_found(query, await found))

    def _ask(self, query: ListQuery, served: bool) -> MaybeAwaitable[ListResult]:
        self._observe(self._served if served else self._unserved)
        if not served and self._require_index:
            raise QueryTooExpensive(self._advice(query))
        started = self._monotonic()
        try:
            result = self._find(query)
        except QueryTooExpensive:
            self._tell(query, served, started, refused=True)
            raise
        if isinstance(result, ListResult):
            self._tell(query, served, started)
            return result
        return self._later(result, query, served, started)

    async def _later(
        self, result: Awaitable[ListResult], query: ListQuery, served: bool, started: float
    ) -> ListResult:
        try:
            found = await result
        except QueryTooExpensive:
            self._tell(query, served, started, refused=True)
            raise
        self._tell(query, served, started)
        return found

    def _tell(self, query: ListQuery, served: bool, started: float, *, refused: bool = False) -> None:
        """Tell of a query that took long, or was given up: what it asks for, without any value."""
        seconds = self._monotonic() - started
        if seconds < SLOW_SECONDS and not refused:
            return
        asked = shape(query.where, query.sort)
        helps = Advice() if served else self._advice(query)
        self._observe(ListQuerySlow(self._name, asked, seconds, helps.declare, helps.sort, refused))

    def _advice(self, query: ListQuery) -> Advice:
        return advice(
            query.where,
            query.sort,
            self._indexes,
            unordered=self._unordered,
            one_direction=self._one_direction,
        )
