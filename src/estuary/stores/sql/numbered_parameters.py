"""Parameters of a statement that is being written, each numbered where it first stands."""

from typing import Final, NamedTuple

from estuary.stores.sql.language import Language

OWNER: Final = 0
LIMIT: Final = 1
OFFSET: Final = 2
MOST: Final = 3
"""Places of a query's own values; those of its conditions and of its position follow."""
OWN: Final = 4


class Placed(NamedTuple):
    """SQL as a driver takes it, and where among a query's values its parameters are."""

    text: str
    places: tuple[int, ...]


class Parameters:
    """The parameters of one statement; a value that is used twice is one of them."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._numbers: dict[int, int] = {}

    def take(self, place: int, type_: str) -> str:
        """The SQL of the value at `place`, of the column type `type_`."""
        number = self._numbers.setdefault(place, len(self._numbers) + 1)
        return self._language.parameter(number, type_)

    def placed(self, text: str) -> Placed:
        """The statement `text`, with all that was taken for it."""
        return Placed(text, tuple(self._numbers))
