"""Records to parameters and rows to records: the only place that knows a row's order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from msgspec.structs import astuple
from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.record import Position, Record, from_microseconds, to_microseconds
from estuary.core.resource import Resource
from estuary.core.terms import WriteTerms
from estuary.stores.sql.statements import Statements, set_parameter, value_parameter
from estuary.stores.sql.types import Conversion, from_driver, to_driver

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


class Rows:
    """The records of one resource as rows of its table, for one driver.

    Which columns need converting is found out here, once: most need nothing.
    """

    def __init__(self, resource: Resource, table: Table, statements: Statements, dialect: Dialect) -> None:
        names = resource.field_names
        self._names = names
        self._restore = resource.restore
        to, back = (
            {name: find(table.c[name].type, dialect) for name in names} for find in (to_driver, from_driver)
        )
        self._to_driver = {name: convert for name, convert in to.items() if convert is not None}
        self._indexes = [(names.index(name), convert) for name, convert in self._to_driver.items()]
        self._from_driver = [(name, convert) for name, convert in back.items() if convert is not None]
        self._unchanged: dict[str, Any] = dict.fromkeys(statements.update.parameters)
        self._unchanged |= {set_parameter(name): False for name in names}
        self._in_update_order = itemgetter(*statements.update.parameters)
        self._in_delete_order = itemgetter(*statements.delete.parameters)

    def record(self, row: Sequence[Any]) -> Record:
        """The record in `row`."""
        values = dict(zip(self._names, row[5:], strict=True))
        for name, convert in self._from_driver:
            value = values[name]
            if value is not None:
                values[name] = convert(value)
        created_at, updated_at = from_microseconds(row[2]), from_microseconds(row[3])
        return Record(row[0], row[1], created_at, updated_at, self._restore(values), row[4])

    def insert(self, record: Record) -> tuple[Any, ...]:
        """The parameters of `Statements.insert`."""
        values = astuple(record.value)
        if self._indexes:
            values = _converted(values, self._indexes)
        created_at, updated_at = to_microseconds(record.created_at), to_microseconds(record.updated_at)
        return (record.id, record.version, created_at, updated_at, record.owner, *values)

    def update(
        self, record_id: str, changes: Mapping[str, Any], updated_at: datetime, terms: WriteTerms
    ) -> tuple[Any, ...]:
        """The parameters of `Statements.update`."""
        parameters = self._unchanged.copy()
        for name, value in changes.items():
            convert = self._to_driver.get(name)
            parameters[set_parameter(name)] = True
            parameters[value_parameter(name)] = (
                value if convert is None or value is None else convert(value)
            )
        parameters["_id"] = record_id
        parameters["_updated_at"] = to_microseconds(updated_at)
        parameters["_expected_version"] = terms.expected_version
        parameters["_owner"] = terms.owner
        ordered: tuple[Any, ...] = self._in_update_order(parameters)
        return ordered

    def delete(self, record_id: str, terms: WriteTerms) -> tuple[Any, ...]:
        """The parameters of `Statements.delete`."""
        ordered: tuple[Any, ...] = self._in_delete_order(
            {"_id": record_id, "_expected_version": terms.expected_version, "_owner": terms.owner}
        )
        return ordered


def position_parameters(after: Position, limit: int) -> tuple[int, str, int]:
    """The parameters of `Statements.next_page`; those of `owned_next_page` begin with the owner.

    A position outside the engines' integers is moved to the nearest inside: no record lies between.
    """
    return (min(max(after.created_at, _INT64_MIN), _INT64_MAX), after.id, limit)


def _converted(values: tuple[Any, ...], conversions: list[tuple[int, Conversion]]) -> tuple[Any, ...]:
    changed = list(values)
    for index, convert in conversions:
        if changed[index] is not None:
            changed[index] = convert(changed[index])
    return tuple(changed)
