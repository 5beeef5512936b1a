"""Records to parameters and rows to records: the only place that knows a row's order."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from msgspec.structs import astuple
from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.errors import NotFound
from estuary.core.moments import to_microseconds
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.writes.writes import WriteOptions
from estuary.stores.sql.statements import Statements, set_parameter, value_parameter
from estuary.stores.sql.types import Conversion, from_driver, to_driver

Row = tuple[Any, ...]
"""A row as drivers take or return it."""


class RowReader(ABC):
    """Reads the rows that the statements which get and list the records of one resource give."""

    @abstractmethod
    def record(self, row: Row) -> Record:
        """The record in `row`, a row of a list."""

    @abstractmethod
    def found(self, row: Row | None, record_id: str, owner: str | None) -> Record:
        """The record in `row`, a row of `Statements.get`, which leaves out the id.

        Raises `NotFound` if it is missing or has another owner.
        """


class Rows(RowReader):
    """The records of one resource as rows of its table, for one driver.

    As a reader it takes all columns of the table in their order. Which of them need converting is found out
    here, once: most need nothing.
    """

    def __init__(self, resource: Resource, table: Table, statements: Statements, dialect: Dialect) -> None:
        names = resource.field_names
        self._restored = resource.restored
        to, back = (
            {name: find(table.c[name].type, dialect) for name in names} for find in (to_driver, from_driver)
        )
        self._from_driver = _by_place(back, names)
        self._to_driver = {name: convert for name, convert in to.items() if convert is not None}
        self._indexes = _by_place(to, names)
        self._unchanged: dict[str, Any] = dict.fromkeys(statements.update.parameters)
        self._unchanged |= {set_parameter(name): False for name in names}
        self._in_update_order = itemgetter(*statements.update.parameters)
        self._in_patch_order = itemgetter(*statements.patch.parameters)
        self._in_delete_order = itemgetter(*statements.delete.parameters)

    def record(self, row: Row) -> Record:
        """The record in `row`, which holds all columns of the table in their order."""
        return self.made(row[0], row[1], row[2], row[3], row[4], row[5:])

    def found(self, row: Row | None, record_id: str, owner: str | None) -> Record:
        """See `RowReader`."""
        if row is None:
            raise NotFound(record_id)
        record = self.made(record_id, row[0], row[1], row[2], row[3], row[4:])
        if owner is not None and record.owner != owner:
            raise NotFound(record_id)
        return record

    def made(
        self, record_id: str, version: int, created: int, updated: int, owner: str, values: Row
    ) -> Record:
        """The record of these parts; `values` are those of its fields, as the driver gives them."""
        if self._from_driver:
            values = _converted(values, self._from_driver)
        return Record(record_id, version, created, updated, self._restored(*values), owner)

    def insert(self, record: Record) -> Row:
        """The parameters of `Statements.insert`."""
        values = astuple(record.value)
        if self._indexes:
            values = _converted(values, self._indexes)
        return (record.id, record.version, record.created, record.updated, record.owner, *values)

    def update(
        self, record_id: str, changes: Mapping[str, Any], updated_at: datetime, options: WriteOptions
    ) -> Row:
        """The parameters of `Statements.update`, or with `if_changed` of `patch`."""
        parameters = self._unchanged.copy()
        for name, value in changes.items():
            convert = self._to_driver.get(name)
            parameters[set_parameter(name)] = True
            parameters[value_parameter(name)] = (
                value if convert is None or value is None else convert(value)
            )
        parameters["_id"] = record_id
        parameters["_updated_at"] = to_microseconds(updated_at)
        parameters["_expected_version"] = options.expected_version
        parameters["_owner"] = options.owner
        in_order = self._in_patch_order if options.if_changed else self._in_update_order
        ordered: Row = in_order(parameters)
        return ordered

    def delete(self, record_id: str, options: WriteOptions) -> Row:
        """The parameters of `Statements.delete`."""
        ordered: Row = self._in_delete_order(
            {"_id": record_id, "_expected_version": options.expected_version, "_owner": options.owner}
        )
        return ordered


def _by_place(
    conversions: Mapping[str, Conversion | None], names: Sequence[str]
) -> list[tuple[int, Conversion]]:
    """The conversions that there are, each with the place of its field."""
    found = [(names.index(name), convert) for name, convert in conversions.items()]
    return [(place, convert) for place, convert in found if convert is not None]


def _converted(values: Row, conversions: list[tuple[int, Conversion]]) -> Row:
    changed = list(values)
    for index, convert in conversions:
        if changed[index] is not None:
            changed[index] = convert(changed[index])
    return tuple(changed)
