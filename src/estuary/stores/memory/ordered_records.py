"""Records in the order of an index, cut into blocks so that no operation touches them all."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import Final, TypeAlias

from estuary.core.queries.conditions import SortKey
from estuary.core.record import Position, Record
from estuary.stores.memory.ordering import Key, key_function

_BLOCK_SIZE = 512


Place: TypeAlias = tuple[int, int]
"""Where a record is or would be: the number of its block, and its place in that."""


class OrderedRecords:
    """Records ordered by `keys`, and by owner first where `by_owner` is set.

    Their values differ, and are taken when they are needed, so each record costs a pointer. Fields that
    are `optional` can be null.

    It is filled little by little: `reached` is the position of the last record that was put in on that
    way, in its collection's own order, and `complete` says that none is left. What is written meanwhile
    is put in and taken out as usual, so a record may come twice.
    """

    def __init__(self, keys: tuple[SortKey, ...], optional: Collection[str], by_owner: bool) -> None:
        self.keys: Final = keys
        self.by_owner: Final = by_owner
        self.key_of: Final = key_function(keys, optional, by_owner)
        self.reached: Position | None = None
        self.complete = False
        self._blocks: list[list[Record]] = []
        # No record of a block lies behind its bound, and every record of the next one does.
        self._bounds: list[Key] = []

    def add(self, record: Record) -> None:
        """Put `record` in its place, or where the one with its key is."""
        key = self.key_of(record)
        number, index = self.place(key)
        if number == len(self._blocks):
            self._append(key, record)
            return
        block = self._blocks[number]
        if self.key_of(block[index]) == key:
            block[index] = record
            return
        block.insert(index, record)
        if len(block) > 2 * _BLOCK_SIZE:
            self._split(number)

    def replace(self, known: Record, record: Record) -> None:
        """Put `record` in its place, and take out what is `known` under its id if that is there."""
        key = self.key_of(known)
        if self.key_of(record) != key:
            if self.discard(known):
                self.add(record)
            return
        number, index = self.place(key)
        if number < len(self._blocks) and self.key_of(self._blocks[number][index]) == key:
            self._blocks[number][index] = record

    def discard(self, record: Record) -> bool:
        """Take out the record that has the key of `record`; whether it was there."""
        key = self.key_of(record)
        number, index = self.place(key)
        if number == len(self._blocks):
            return False
        block = self._blocks[number]
        if self.key_of(block[index]) != key:
            return False
        del block[index]
        if not block:
            del self._blocks[number], self._bounds[number]
        elif index == len(block):
            # So that a place in a block always has a record.
            self._bounds[number] = self.key_of(block[-1])
        return True

    def place(self, key: Key) -> Place:
        """Where the first record is that does not lie before `key`."""
        number = bisect_left(self._bounds, key)
        if number == len(self._blocks):
            return number, 0
        return number, bisect_left(self._blocks[number], key, key=self.key_of)

    def forwards(self, first: Place, end: Place, offset: int, limit: int) -> Sequence[Record]:
        """Up to `limit` records between two places, without the `offset` first ones."""
        found: list[Record] = []
        for block, start, stop in self._pieces(first, end):
            begin = start + offset
            found += block[begin : min(stop, begin + limit - len(found))]
            offset = max(0, begin - stop)
            if len(found) == limit:
                break
        return found

    def backwards(self, first: Place, end: Place, offset: int, limit: int) -> Sequence[Record]:
        """Up to `limit` records from `end` on, towards `first`, without the `offset` nearest ones."""
        found: list[Record] = []
        for block, start, stop in self._pieces(first, end, backwards=True):
            last = stop - offset
            found += block[max(start, last - limit + len(found)) : max(start, last)][::-1]
            offset = max(0, start - last)
            if len(found) == limit:
                break
        return found

    def distance(self, first: Place, end: Place) -> int:
        """How many records there are between two places."""
        return sum(stop - start for _, start, stop in self._pieces(first, end))

    def _pieces(
        self, first: Place, end: Place, *, backwards: bool = False
    ) -> Iterator[tuple[list[Record], int, int]]:
        """The blocks between two places, each with the part of it that is meant."""
        (first_number, first_place), (end_number, end_place) = first, end
        numbers = range(first_number, min(end_number + 1, len(self._blocks)))
        for number in reversed(numbers) if backwards else numbers:
            block = self._blocks[number]
            start = first_place if number == first_number else 0
            stop = end_place if number == end_number else len(block)
            if start < stop:
                yield block, start, stop

    def _append(self, key: Key, record: Record) -> None:
        if self._blocks and len(self._blocks[-1]) < _BLOCK_SIZE:
            self._blocks[-1].append(record)
            self._bounds[-1] = key
        else:
            self._blocks.append([record])
            self._bounds.append(key)

    def _split(self, number: int) -> None:
        block = self._blocks[number]
        middle = len(block) // 2
        self._blocks.insert(number + 1, block[middle:])
        del block[middle:]
        self._bounds.insert(number, self.key_of(block[-1]))
