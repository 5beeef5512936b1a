"""How list queries are counted, timed and refused."""

import asyncio

import pytest

from estuary.core.errors import Advice, QueryTooExpensive
from estuary.core.observations import ListQueried, ListQuerySlow, Observation
from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Not, Operator, SortKey, shape
from estuary.core.queries.list_queries import SLOW_SECONDS, ListQueries
from estuary.core.queries.query import ListQuery, ListResult
from tests.support.books import BOOKS
from tests.support.clocks import SettableClock
from tests.support.contexts import make_context

PAPER = Comparison("binding", Operator.EQ, "paper")
LONG = Comparison("pages", Operator.GT, 5)
SERVED = ListQuery(where=(PAPER,), sort=(SortKey("published_at", True),))
UNSERVED = ListQuery(where=(PAPER, LONG), sort=(SortKey("pages"),))
HOPELESS = ListQuery(where=(Comparison("title", Operator.CONTAINS, "ship"),))
NOTHING = ListResult(())


class Shop:
    """The list queries of books; each takes `seconds`, and raises `error` if there is one."""

    def __init__(
        self, seconds: float = 0.0, error: Exception | None = None, *, waits: bool = False
    ) -> None:
        self._clock = SettableClock()
        self._seconds = seconds
        self._error = error
        self._waits = waits
        self.asked: list[ListQuery] = []
        self.seen: list[Observation] = []

    def queries(self, *, require_index: bool = False, one_direction: bool = False) -> ListQueries:
        """What is under test."""
        return ListQueries(
            BOOKS,
            self._later if self._waits else self._find,
            lambda _key, _values, _owner: NOTHING,
            make_context(
                str,
                clock=self._clock,
                observe=self.seen.append,
                require_index=require_index,
                one_direction=one_direction,
            ),
        )

    def _find(self, query: ListQuery) -> ListResult:
        self.asked.append(query)
        self._clock.advance(self._seconds)
        if self._error is not None:
            raise self._error
        return NOTHING

    async def _later(self, query: ListQuery) -> ListResult:
        await asyncio.sleep(0)
        return self._find(query)


async def answer(queries: ListQueries, query: ListQuery) -> ListResult:
    """What comes of `query`, at once or later."""
    result = queries.ask(query)
    return result if isinstance(result, ListResult) else await result


@pytest.mark.parametrize("waits", [False, True])
async def test_queries_are_counted_by_whether_an_index_serves_them(waits: bool) -> None:
    """One observation each, and none more of those that are fast."""
    shop = Shop(waits=waits)
    queries = shop.queries()
    for query in (SERVED, UNSERVED, HOPELESS):
        assert NOTHING is await answer(queries, query)
    queries.plain()
    assert [ListQueried("books", served) for served in (True, False, False, True)] == shop.seen
    assert [SERVED, UNSERVED, HOPELESS] == shop.asked


async def test_where_an_index_is_demanded_no_other_query_reaches_the_store() -> None:
    """It is refused with the index to declare, or without one where none would help."""
    shop = Shop()
    queries = shop.queries(require_index=True)
    assert NOTHING is await answer(queries, SERVED)
    for query, advice in ((UNSERVED, Advice(("binding", "pages"))), (HOPELESS, Advice())):
        with pytest.raises(QueryTooExpensive) as error:
            await answer(queries, query)
        assert advice == error.value.advice
    assert [SERVED] == shop.asked


@pytest.mark.parametrize("waits", [False, True])
async def test_a_slow_query_is_told_without_its_values(waits: bool) -> None:
    """With its shape, its time, and the index that would serve it."""
    shop = Shop(SLOW_SECONDS, waits=waits)
    await answer(shop.queries(), UNSERVED)
    asked = "binding.eq and pages.gt sort=pages"
    reported = ListQuerySlow("books", asked, SLOW_SECONDS, ("binding", "pages"), "", refused=False)
    assert [ListQueried("books", served=False), reported] == shop.seen


@pytest.mark.parametrize("waits", [False, True])
async def test_a_slow_query_that_an_index_serves_is_told_without_advice(waits: bool) -> None:
    """It is not the index that it lacks."""
    shop = Shop(SLOW_SECONDS, waits=waits)
    await answer(shop.queries(), SERVED)
    (_, reported) = shop.seen
    assert isinstance(reported, ListQuerySlow)
    assert ((), "") == (reported.index, reported.sort)


@pytest.mark.parametrize("waits", [False, True])
async def test_a_query_that_is_given_up_is_told_however_fast_that_was(waits: bool) -> None:
    """The error passes on."""
    shop = Shop(0.001, QueryTooExpensive(Advice()), waits=waits)
    with pytest.raises(QueryTooExpensive):
        await answer(shop.queries(), HOPELESS)
    (_, reported) = shop.seen
    assert isinstance(reported, ListQuerySlow)
    assert ("title.contains", (), True) == (reported.shape, reported.index, reported.refused)


def test_a_shape_says_how_conditions_are_joined() -> None:
    """As one would say it."""
    condition = AnyOf((LONG, Not(AllOf((PAPER, LONG)))))
    keys = (SortKey("pages", True), SortKey("id"))
    assert "(pages.gt or not (binding.eq and pages.gt)) sort=-pages,id" == shape((condition,), keys)
    assert "" == shape((), ())


async def test_a_store_may_keep_indexes_of_one_direction_alone() -> None:
    """It serves no mixed order, whatever is declared, and none is recommended."""
    shop = Shop()
    queries = shop.queries(require_index=True, one_direction=True)
    for served in (SERVED, ListQuery(sort=(SortKey("binding"), SortKey("published_at")))):
        await answer(queries, served)
    with pytest.raises(QueryTooExpensive) as raised:
        queries.ask(ListQuery(sort=(SortKey("binding"), SortKey("published_at", True))))
    assert Advice() == raised.value.advice
    assert [True, True, False] == [each.served for each in shop.seen if isinstance(each, ListQueried)]
