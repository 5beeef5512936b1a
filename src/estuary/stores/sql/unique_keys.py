"""Unique keys in SQL: what finds the records that have the values of one."""

from collections.abc import Mapping, Sequence
from typing import Any

from estuary.core.queries.uniques import MOST_FOUND, UniqueKey, UniqueValues, Values
from estuary.core.record import Record
from estuary.stores.sql.columns import QueryColumn
from estuary.stores.sql.language import Language
from estuary.stores.sql.query_writer import ResourceTable
from estuary.stores.sql.statements import BoundStatement

_TEXT = "TEXT"


class KeyStatements:
    """The statements for one unique key, which its index serves."""

    def __init__(
        self, key: UniqueKey, table: ResourceTable, columns: Mapping[str, QueryColumn], language: Language
    ) -> None:
        self.key = key
        self._of = UniqueValues(key).of
        self._convert = [columns[field].convert for field in key.fields]
        where = " AND ".join(
            f"{compared(field, key)} = {language.parameter(number, columns[field].type)}"
            for number, field in enumerate(key.fields, start=1)
        )
        owner, other = (language.parameter(len(key.fields) + more, _TEXT) for more in (1, 2))
        every = f"SELECT {table.columns} FROM {table.sql} WHERE {where}"  # noqa: S608 (checked names)
        self._find = f"{every} LIMIT {MOST_FOUND}"
        self._find_owned = f'{every} AND "owner" = {owner} LIMIT {MOST_FOUND}'
        mine = "" if key.of_all else f' AND "owner" = {owner}'
        id_parameter = owner if key.of_all else other
        self._rival = f'SELECT 1 FROM {table.sql} WHERE {where}{mine} AND "id" <> {id_parameter} LIMIT 1'  # noqa: S608 (as above)

    def find(self, given: Sequence[Any], owner: str | None) -> BoundStatement | None:
        """What gives the records with these values of the fields; None where no record can have them."""
        values = self.key.values(given)
        if values is None:
            return None
        driven = self._driven(values)
        return (
            BoundStatement(self._find, driven)
            if owner is None
            else BoundStatement(self._find_owned, (*driven, owner))
        )

    def rival(self, record: Record) -> BoundStatement | None:
        """What gives a row where another record is in the way of `record`; None where none can be."""
        values = self._of(record)
        if values is None:
            return None
        owner = () if self.key.of_all else (record.owner,)
        return BoundStatement(self._rival, (*self._driven(values), *owner, record.id))

    def _driven(self, values: Values) -> tuple[Any, ...]:
        """`values` as the driver takes them."""
        return tuple(
            [
                value if convert is None else convert(value)
                for value, convert in zip(values, self._convert, strict=True)
            ]
        )


def compared(field: str, key: UniqueKey) -> str:
    """What of `field` the index of `key` compares: both engines fold ASCII letters, and no others."""
    return f'lower("{field}")' if field in key.folds else f'"{field}"'
