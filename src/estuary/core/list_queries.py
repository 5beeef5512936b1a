"""List queries with conditions or an order: counted, timed, refused where an index is demanded."""

from collections.abc import Awaitable, Callable
from typing import Final

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.conditions import shape
from estuary.core.errors import Advice, QueryTooExpensive
from estuary.core.indexes import advice, ascending
from estuary.core.observations import ListQueried, ListQuerySlow
from estuary.core.plans import Plans
from estuary.core.ports import Observer
from estuary.core.query import ListQuery, ListResult
from estuary.core.resource import Resource

SLOW_SECONDS: Final = 0.25
"""From then on a query is told of: no page that an index serves takes so long on a store that is well."""


class ListQueries:
    """Asks `find` for the lists of `resource`, and observes how they are served.

    With `require_index` a query that no index serves is refused at once. With `one_direction` the store's
    indexes are those that `ascending` gives.
    """

    def __init__(
        self,
        resource: Resource,
        find: Callable[[ListQuery], MaybeAwaitable[ListResult]],
        *,
        monotonic: Callable[[], float],
        observe: Observer,
        require_index: bool,
        one_direction: bool,
    ) -> None:
        self._name = resource.name
        self._indexes = ascending(resource.indexes) if one_direction else resource.indexes
        self._plans = Plans(self._indexes)
        self._one_direction = one_direction
        self._unordered = resource.unordered
        self._find = find
        self._monotonic = monotonic
        self._observe = observe
        self._require_index = require_index
        self._served = ListQueried(resource.name, served=True)
        self._unserved = ListQueried(resource.name, served=False)

    def plain(self) -> None:
        """Count a list of all records in their own order, which every store serves."""
        self._observe(self._served)

    def ask(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """What comes of `query`; raises `QueryTooExpensive`."""
        served = self._plans.of(query.where, query.sort).served
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
