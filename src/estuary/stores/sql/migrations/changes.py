"""The changes that can be made to a table without losing anything, and how an engine makes them."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Column, Connection, Table


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


Change = AddColumn | AllowNull | DemandValue | Widen | SetPrecision | SetRule | DropRule


class Alteration(NamedTuple):
    """Statements that change a table; where it is `rebuilt`, its indexes and triggers are gone."""

    statements: list[str]
    rebuilt: bool


class Engine(Protocol):
    """What planning asks of an engine."""

    def rules(self, connection: Connection, table: Table) -> dict[str, str]:
        """The rules that the table has now: each name with its condition as it was declared."""
        ...

    def declared_rules(self, table: Table) -> dict[str, str]:
        """Those that it ought to have."""
        ...

    def alter(
        self, table: Table, changes: Sequence[Change], undeclared: Sequence[Column[Any]]
    ) -> Alteration:
        """The statements that make `changes`, and keep the columns that are there though `undeclared`."""
        ...
