"""Records looked at one by one, or put in order, while other tasks run in between.

Apart from `queries.py`, which is compiled: this module holds coroutines.
"""

import asyncio
from collections.abc import Callable, Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter
from time import monotonic
from typing import Final

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.errors import QueryTooExpensive
from estuary.core.queries.query import ListQuery, ListResult, counted
from estuary.core.record import Record
from estuary.stores.memory.ordered_records import OrderedRecords
from estuary.stores.memory.ordering import Key
from estuary.stores.memory.predicates import Predicate

MOST_LOOKED_AT: Final = 100_000
"""Records that one query may look at."""
_TURN = 0.002
"""Seconds of work after which other tasks run."""
_STEP = 32
"""Records between two looks at the clock."""
_RUN = 512
"""Records that are sorted at once."""


class _Turns:
    """Work that is cut into turns."""

    def __init__(self) -> None:
        self._ends = monotonic() + _TURN

    async def pause_if_due(self) -> None:
        """Let other tasks run, if the turn is over."""
        if monotonic() >= self._ends:
            await asyncio.sleep(0)
            self._ends = monotonic() + _TURN


async def answer_when_complete(
    order: OrderedRecords, extend: Callable[[], None], answer: Callable[[], MaybeAwaitable[ListResult]]
) -> ListResult:
    """Call `extend` until `order` holds all records, and then `answer`."""
    while not order.complete:
        await asyncio.sleep(0)
        extend()
    return await settled(answer())


async def look_through(
    page: Sequence[Record],
    whole: Sequence[Record],
    meets: Predicate,
    query: ListQuery,
    refusal: QueryTooExpensive,
) -> ListResult:
    """The first of `page` that meet the conditions, and how many of `whole` do, where that is asked for.

    Raises `refusal` where either takes more looks than a query has.
    """
    turns, skipped = _Turns(), query.offset or 0
    found = await _matches(page, meets, skipped + query.limit, turns, refusal)
    records = found[skipped : skipped + query.limit]
    if not query.counted:
        return ListResult(records)
    enough = len(whole) if query.at_most is None else query.at_most + 1
    return counted(records, len(await _matches(whole, meets, enough, turns, refusal)), query)


async def put_in_order(
    records: Sequence[Record],
    meets: Predicate,
    key_of: Callable[[Record], Key],
    after: Key | None,
    query: ListQuery,
    refusal: QueryTooExpensive,
) -> ListResult:
    """The result of `query` in `records`, sorted by their keys; raises `refusal` for too many of them."""
    turns = _Turns()
    found = await _matches(records, meets, len(records) + 1, turns, refusal)
    runs: list[list[tuple[Key, Record]]] = []
    for start in range(0, len(found), _RUN):
        keyed = [(key_of(record), record) for record in found[start : start + _RUN]]
        runs.append(sorted(keyed, key=itemgetter(0)))
        await turns.pause_if_due()
    in_order = merge(*runs, key=itemgetter(0))
    behind = (record for key, record in in_order if after is None or key > after)
    shown: list[Record] = []
    last = (query.offset or 0) + query.limit
    while len(shown) < last and (some := list(islice(behind, min(_STEP, last - len(shown))))):
        shown += some
        await turns.pause_if_due()
    return counted(shown[query.offset or 0 :], len(found), query)


async def _matches(
    records: Sequence[Record], meets: Predicate, enough: int, turns: _Turns, refusal: QueryTooExpensive
) -> list[Record]:
    """The `records` that meet the conditions: all of them, or at least `enough`."""
    found: list[Record] = []
    for start in range(0, min(len(records), MOST_LOOKED_AT), _STEP):
        found += [record for record in records[start : start + _STEP] if meets(record)]
        if len(found) >= enough:
            return found
        await turns.pause_if_due()
    if len(records) > MOST_LOOKED_AT:
        raise refusal
    return found
