"""List queries with conditions or an order: counted, timed, refused where an index is demanded."""

from collections.abc import Awaitable, Callable
from typing import Final

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.conditions import shape
from estuary.core.errors import QueryTooExpensive
from estuary.core.indexes import Demand, advice, demand_of, serving, shown, too_expensive
from estuary.core.observations import ListQueried, ListQuerySlow
from estuary.core.ports import Observer
from estuary.core.query import ListQuery, ListResult
from estuary.core.resource import Resource

SLOW_SECONDS: Final = 0.25
"""From then on a query is told of: no page that an index serves takes so long on a store that is well."""


class ListQueries:
    """Asks `find` for the lists of `resource`, and observes how they are served.

    With `require_index` a query that no index serves is refused at once.
    """

    def __init__(
        self,
        resource: Resource,
        find: Callable[[ListQuery], MaybeAwaitable[ListResult]],
        *,
        monotonic: Callable[[], float],
        observe: Observer,
        require_index: bool,
    ) -> None:
        self._resource = resource
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
        demand = demand_of(query.where, query.sort)
        served = serving(demand, self._resource.indexes) is not None
        self._observe(self._served if served else self._unserved)
        if not served and self._require_index:
            raise too_expensive(demand)
        started = self._monotonic()
        try:
            result = self._find(query)
        except QueryTooExpensive:
            self._tell(query, demand, started, refused=True)
            raise
        if isinstance(result, ListResult):
            self._tell(query, demand, started)
            return result
        return self._later(result, query, demand, started)

    async def _later(
        self, result: Awaitable[ListResult], query: ListQuery, demand: Demand, started: float
    ) -> ListResult:
        try:
            found = await result
        except QueryTooExpensive:
            self._tell(query, demand, started, refused=True)
            raise
        self._tell(query, demand, started)
        return found

    def _tell(self, query: ListQuery, demand: Demand, started: float, *, refused: bool = False) -> None:
        """Tell of a query that took long, or was given up: what it asks for, without any value."""
        seconds = self._monotonic() - started
        if seconds < SLOW_SECONDS and not refused:
            return
        index = advice(demand)
        names = () if index is None else tuple(shown(index))
        asked = shape(query.where, query.sort)
        self._observe(ListQuerySlow(self._resource.name, asked, seconds, names, refused))
