"""What is asked for lists, of all records or of one owner's: each statement, and its first parameters."""

from typing import Any, NamedTuple

from estuary.core.record import Position
from estuary.stores.sql.rows import position_parameters
from estuary.stores.sql.statements import Statements


class Asked(NamedTuple):
    """A statement and its parameters, or the first of them."""

    statement: str
    parameters: tuple[Any, ...]


class Lists:
    """What is asked for the lists of one resource; an owner of None stands for all."""

    def __init__(self, statements: Statements) -> None:
        self._everybodys = _Texts(
            statements.first_page.text,
            statements.next_page.text,
            statements.slice.text,
            statements.total.text,
        )
        self._owned = _Texts(
            statements.owned_first_page.text,
            statements.owned_next_page.text,
            statements.owned_slice.text,
            statements.owned_total.text,
        )

    def page(self, after: Position | None, limit: int, owner: str | None) -> Asked:
        """Up to `limit` records after a position."""
        texts, whose = self._seen_by(owner)
        if after is None:
            return Asked(texts.first_page, (*whose, limit))
        return Asked(texts.next_page, (*whose, *position_parameters(after, limit)))

    def slice(self, owner: str | None) -> Asked:
        """A slice; which one, each engine says in a way of its own."""
        texts, whose = self._seen_by(owner)
        return Asked(texts.slice, whose)

    def total(self, owner: str | None) -> Asked:
        """The number of records."""
        texts, whose = self._seen_by(owner)
        return Asked(texts.total, whose)

    def _seen_by(self, owner: str | None) -> tuple["_Texts", tuple[str, ...]]:
        return (self._everybodys, ()) if owner is None else (self._owned, (owner,))


class _Texts(NamedTuple):
    first_page: str
    next_page: str
    slice: str
    total: str
