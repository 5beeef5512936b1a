"""The records after a position, as conditions: one for each contiguous range of an index.

A condition that names all ranges at once (`n > ? OR n = ? AND id > ?`) makes an engine read from the
beginning of the index on. Each range by itself is a search, and an engine merges those that it gives in
one order. Where the position has a null is part of a statement's form: null is compared in other words.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from estuary.stores.sql.language import equals


class Key(NamedTuple):
    """A key of the order; `null` says that the position's value is, `nullable` that a later one can be.

    `equals` writes the condition that its column has the value of a parameter.
    """

    column: str
    descending: bool
    null: bool
    nullable: bool
    equals: Callable[[str, str], str] = equals


def ranges_after(
    keys: Sequence[Key], value: Callable[[int], str], ahead: Sequence[str] = ()
) -> Iterator[list[str]]:
    """The ranges that lie after a position, each as conditions that all hold in it.

    Together they are all records that come later; no two of them have a record in common. `value` gives
    the parameter for the position's value of the key with this number. `ahead` bounds the first key; the
    position meets it, so that it is left out where that key has the position's value: an engine may begin
    its search at either of two conditions, and read all that the other one would have left out.
    """
    compared = _compared_at_once(keys)
    for number in reversed(range(len(keys))):
        key = keys[number]
        equal = [_equal(keys[place], place, value) for place in range(number)] if number else list(ahead)
        if number == compared:
            yield [*equal, _after(keys, compared, value)]
        elif number < compared:
            if not key.null:
                yield [*equal, f"{key.column} {_sign(key)} {value(number)}"]
            elif not key.descending:
                yield [*equal, f"{key.column} IS NOT NULL"]
        if key.descending and key.nullable and not key.null:
            yield [*equal, f"{key.column} IS NULL"]


def _compared_at_once(keys: Sequence[Key]) -> int:
    """Where the last keys begin that have one direction and a value: they are compared as a row."""
    number = len(keys)
    while number and not keys[number - 1].null and keys[number - 1].descending == keys[-1].descending:
        number -= 1
    return number


def _after(keys: Sequence[Key], first: int, value: Callable[[int], str]) -> str:
    places = range(first, len(keys))
    columns = ", ".join(keys[place].column for place in places)
    values = ", ".join(value(place) for place in places)
    if len(places) == 1:
        return f"{columns} {_sign(keys[first])} {values}"
    return f"({columns}) {_sign(keys[first])} ({values})"


def _equal(key: Key, place: int, value: Callable[[int], str]) -> str:
    return f"{key.column} IS NULL" if key.null else key.equals(key.column, value(place))


def _sign(key: Key) -> str:
    return "<" if key.descending else ">"
