"""From what is found different to statements that mend it, and to reasons where nothing can."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Double,
    Integer,
    Table,
    func,
    inspect,
    literal_column,
    not_,
    select,
    text,
)
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import NUMERIC, REAL, TypeEngine

from estuary.stores.sql.migrations.changes import (
    AddColumn,
    AllowNull,
    Change,
    DemandValue,
    DropRule,
    Engine,
    Rename,
    SetDefault,
    SetPrecision,
    SetRule,
    Undeclared,
    Widen,
    caution,
)
from estuary.stores.sql.migrations.differences import differences
from estuary.stores.sql.migrations.plan import Plan
from estuary.stores.sql.renames import present_name, renames_of, rule_in_present_names, source
from estuary.stores.sql.rule_forms import kept_as, places_in
from estuary.stores.sql.tables import check_of, column_of_check
from estuary.stores.sql.types import Decimals, plain_type


def plan(connection: Connection, tables: Sequence[Table], engine: Engine) -> Plan:
    """What to do about `tables`, all of which are there; reads definitions, and counts records."""
    looked = inspect(connection)
    found = {
        table.name: _TablePlan(connection, table, engine, looked.get_columns(table.name))
        for table in tables
    }
    renames = {name: each.renames for name, each in found.items()}
    for difference in differences(connection, tables, renames):
        found[difference[2]].take(difference)
    result = Plan([], [], set())
    for name, each in found.items():
        each.take_rules()
        result.refusals.extend(each.refusals)
        if each.changes:
            statements, rebuilt = engine.alter(each.table, each.changes, each.undeclared())
            result.statements.append("".join([*map(caution, each.changes), statements[0]]))
            result.statements.extend(statements[1:])
            result.rebuilt.update({name} if rebuilt else ())
    return result


_MOST_REPORTED = 3
"""How many ids of records in the way are reported."""


class _Found(NamedTuple):
    """How many records there are of a kind, and the ids of some of them."""

    number: int
    ids: str


class _TablePlan:
    """The plan for one table."""

    def __init__(
        self, connection: Connection, table: Table, engine: Engine, found: Sequence[ReflectedColumn]
    ) -> None:
        self.table = table
        self.renames = renames = renames_of(table, {each["name"] for each in found})
        self._defaulted = {
            present_name(each["name"], renames) for each in found if each["default"] is not None
        }
        names = {each["name"] for each in found}
        self._new = [each.name for each in table.columns if each.name not in {*names, *renames}]
        self._gone = sorted(names - {*renames.values(), *(each.name for each in table.columns)})
        self.refusals: list[str] = []
        self._undeclared: list[Column[Any]] = []
        self._connection = connection
        self._seen: set[str] = set()
        """The rules that are handled already, or do not matter."""
        self._has = dict(self._in_present_names(engine.rules(connection, table)))
        self._needs = engine.declared_rules(table)
        self.changes: list[Change] = [
            Rename(table.c[name], former, self._rule_of(name, self._has))
            for name, former in renames.items()
        ]

    def undeclared(self) -> list[Undeclared]:
        """The columns that are there and declared no more."""
        return [Undeclared(column, self._rule_of(column.name, self._has)) for column in self._undeclared]

    def take(self, difference: tuple[Any, ...]) -> None:
        """See to one difference of columns."""
        kind, *_ = difference
        if kind == "add_column":
            self._add(self.table.c[difference[3].name])
        elif kind == "remove_column":
            self._keep(difference[3])
        elif kind == "modify_nullable":
            self._change_nullable(self._column(difference[3]))
        elif kind == "modify_type":
            self._change_type(self._column(difference[3]), difference[5], difference[6])

    def take_rules(self) -> None:
        """See to the rules: one that records break is refused, whichever way it changed."""
        self._take_forms()
        for name, condition in self._needs.items():
            if name in self._seen or self._has.get(name) == condition:
                continue
            breaking = self._found(not_(literal_column(f"({condition})")))
            if breaking.number:
                what = f"{_that_break(breaking)} the declared rule ({condition}): {breaking.ids}"
                self._refuse(column_of_check(self.table, name), what, "mend them first")
            else:
                self.changes.append(SetRule(name, condition))
        self.changes += [
            DropRule(name)
            for name in self._has
            if name not in self._needs and column_of_check(self.table, name) in self.table.columns
        ]
        self.changes += self._defaults()

    def _defaults(self) -> list[SetDefault]:
        """The declared defaults of the columns that change, where there is one, or was."""
        touched: set[str] = set()
        for change in self.changes:
            match change:
                case Widen(column) | SetPrecision(column) | DemandValue(column):
                    touched.add(column.name)
                case SetRule(name):
                    touched.add(column_of_check(self.table, name))
        columns = (self.table.c[name] for name in sorted(touched))
        return [
            SetDefault(column)
            for column in columns
            if column.server_default is not None or column.name in self._defaulted
        ]

    def _column(self, found: str) -> Column[Any]:
        """The declared column that is called so in the table."""
        return self.table.c[present_name(found, self.renames)]

    def _in_present_names(self, rules: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for name, condition in rules.items():
            column = present_name(column_of_check(self.table, name), self.renames)
            yield check_of(self.table, column), rule_in_present_names(condition, self.renames)

    def _rule_of(self, column: str, rules: Mapping[str, str]) -> tuple[str, str] | None:
        name = check_of(self.table, column)
        return (name, rules[name]) if name in rules else None

    def _take_forms(self) -> None:
        """Note what is kept in another form: where types are alike, the rules of each form say so."""
        for column in self.table.columns:
            name = check_of(self.table, column.name)
            before, after = self._has.get(name), self._needs.get(name)
            if name in self._seen:
                continue
            of_before, of_after = places_in(before), places_in(after)
            if kept_as(before) != kept_as(after):
                kept, declared = (kept_as(rule) or "plain values" for rule in (before, after))
                self._refuse_type(column, f"holds {kept}, and the declared type {declared}")
            elif of_before is not None and of_after is not None and of_before != of_after:
                self._seen.add(name)
                self._rescale(column, self._needs[name], of_after - of_before)

    def _rescale(self, column: Column[Any], rule: str, places: int) -> None:
        """Give a number so many more places, if no record's value is in the way."""
        quoted = f'"{column.name}"'
        factor = f"{'*' if places > 0 else '/'} {10 ** abs(places)}"
        fits = rule.replace(quoted, f"({quoted} {factor})")
        whole = "" if places > 0 else f" AND {quoted} % {10**-places} = 0"
        self._set_precision(column, f"{fits}{whole}", factor)

    def _set_precision(self, column: Column[Any], fits: str, factor: str = "") -> None:
        breaking = self._found(not_(literal_column(f"({fits})")))
        if breaking.number:
            what = f"{_that_break(breaking)} the declared digits ({column.type!r}): {breaking.ids}"
            self._refuse(column.name, what, "mend them first")
        else:
            self.changes.append(SetPrecision(column, factor))

    def _add(self, column: Column[Any]) -> None:
        rule = self._rule_of(column.name, self._needs)
        self._seen.update(() if rule is None else rule[:1])
        if not column.nullable and column.server_default is None and (number := self._found().number):
            self._refuse(
                column.name,
                f"is new, required and without a default, and there are {number} records that lack it",
                f"{self._if_renamed_from()}declare a default, or let it be null",
            )
            return
        self.changes.append(AddColumn(column, rule))

    def _keep(self, column: Column[Any]) -> None:
        """A column that an insert may leave out does no harm; any other would have to go."""
        self._undeclared.append(column)
        if not column.nullable and column.server_default is None:
            self._refuse(
                column.name,
                "is not declared any more, and what it holds would be lost",
                f"{self._if_renamed(column)}declare it again, "
                f"or drop it: ALTER TABLE {self.table.name} DROP COLUMN {column.name}",
            )

    def _if_renamed_from(self) -> str:
        """Advice for a new field, which may be one of those that are declared no more."""
        if not self._gone:
            return ""
        former = self._gone[0] if len(self._gone) == 1 else "…"
        return f'if it was called {" or ".join(self._gone)}, declare Was("{former}"); else '

    def _if_renamed(self, column: Column[Any]) -> str:
        """Advice for a field that is declared no more, which may be one of the new ones."""
        if not self._new:
            return ""
        return f'if it is called {" or ".join(self._new)} now, declare Was("{column.name}") there; else '

    def _change_nullable(self, column: Column[Any]) -> None:
        if column.nullable:
            self.changes.append(AllowNull(column))
        elif (nulls := self._found(literal_column(f'"{column.name}"').is_(None))).number:
            self._refuse(
                column.name,
                f"must not be null any more, and is null in {nulls.number} records: {nulls.ids}",
                "give them a value first, or let it be null",
            )
        else:
            self.changes.append(DemandValue(column))

    def _change_type(self, column: Column[Any], old: TypeEngine[Any], new: TypeEngine[Any]) -> None:
        if isinstance(old, Integer | BigInteger) and isinstance(_plain(new), Double | REAL):
            self.changes.append(Widen(column))
        elif isinstance(old, NUMERIC) and isinstance(decimals := plain_type(column.type), Decimals):
            digits, places = decimals.digits, decimals.places
            value = f'"{column.name}"'
            self._set_precision(
                column, f"{value} = round({value}, {places}) AND abs({value}) < 1e{digits - places}"
            )
        else:
            self._refuse_type(column, f"is of type {old}, which does not all fit into the declared type")

    def _refuse_type(self, column: Column[Any], what: str) -> None:
        # A rule of the declared type cannot even be asked of values of another one.
        self._seen.add(check_of(self.table, column.name))
        self._refuse(column.name, what, "declare a field of another name, and copy what can be kept")

    def _refuse(self, field: str, what: str, advice: str) -> None:
        self.refusals.append(f"Table {self.table.name}: field {field} {what}; {advice}")

    def _found(self, condition: ColumnElement[bool] | None = None) -> _Found:
        """The records that meet `condition`, or all."""
        name: ColumnElement[str] = literal_column("id")
        query = select(func.count().over(), name).select_from(
            text(f"{source(self.table.name, self.renames)} AS found")
        )
        chosen = query if condition is None else query.where(condition)
        rows = self._connection.execute(chosen.order_by(name).limit(_MOST_REPORTED)).fetchall()
        number = int(rows[0][0]) if rows else 0
        return _Found(number, ", ".join([row[1] for row in rows] + ["…"] * (number > len(rows))))


def _that_break(found: _Found) -> str:
    return "has a record that breaks" if found.number == 1 else f"has {found.number} records that break"


def _plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type behind one of Estuary's own."""
    return getattr(type_, "impl_instance", type_)
