"""The changes that can be made to a table without losing anything, and how an engine makes them."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Column, Connection, Table


class Rename(NamedTuple):
    """A column that is called `former` in the table, with the rule that it has there, if any.

    The rule is in the words of its present name already.
    """

    column: Column[Any]
    former: str
    rule: tuple[str, str] | None


class AddColumn(NamedTuple):
    """A column that is declared and not there, with the rule that it has, if any."""

    column: Column[Any]
    rule: tuple[str, str] | None


class AllowNull(NamedTuple):
    """A column that takes null from now on."""

    column: Column[Any]


class DemandValue(NamedTuple):
    """A column that takes no null any more, and has none."""

    column: Column[Any]


class Widen(NamedTuple):
    """A column whose new type holds every value of the old one."""

    column: Column[Any]


class SetPrecision(NamedTuple):
    """A column of decimal numbers with other digits, in which every value there is has its place.

    Where units of the last place are kept, `factor` is what they are multiplied by, in SQL.
    """

    column: Column[Any]
    factor: str = ""


class SetRule(NamedTuple):
    """A rule that every record there is obeys."""

    name: str
    condition: str


class DropRule(NamedTuple):
    """A rule that is declared no more."""

    name: str


class SetDefault(NamedTuple):
    """A column whose default is the declared one from now on, or none: that before may break its rule."""

    column: Column[Any]


Change = (
    Rename | AddColumn | AllowNull | DemandValue | Widen | SetPrecision | SetRule | DropRule | SetDefault
)


def caution(change: Change) -> str:
    """What is to be known of `change` while the release before serves; empty where it goes on."""
    match change:
        case Rename(column, former):
            return f'{_UNSAFE}: column "{former}" becomes "{column.name}"\n'
        case SetPrecision(column, factor) if factor:
            return f'{_UNSAFE}: column "{column.name}" counts other units\n'
        case SetRule(name):
            return f"{_REFUSED} the rule {name}\n"
        case DemandValue(column):
            return f'{_REFUSED} that column "{column.name}" has a value\n'
        case _:
            return ""


_UNSAFE = "-- Not safe beside the release before, stop it first"
_REFUSED = "-- Beside the release before: it answers 500 to a write that breaks"


class Undeclared(NamedTuple):
    """A column that stays though it is declared no more, with the rule that it has, if any."""

    column: Column[Any]
    rule: tuple[str, str] | None


class Alteration(NamedTuple):
    """Statements that change a table; where it is `rebuilt`, its indexes and triggers are gone."""

    statements: list[str]
    rebuilt: bool


class Engine(Protocol):
    """The port through which planning reads an engine's tables."""

    def rules(self, connection: Connection, table: Table) -> dict[str, str]:
        """The rules that the table has now: each name with its condition as it was declared."""
        ...

    def declared_rules(self, table: Table) -> dict[str, str]:
        """The rules that the table should have."""
        ...

    def alter(
        self, table: Table, changes: Sequence[Change], undeclared: Sequence[Undeclared]
    ) -> Alteration:
        """The statements that make `changes`, and keep the columns that are there though `undeclared`."""
        ...
