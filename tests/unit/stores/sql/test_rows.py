"""Records become rows and rows become records without losing anything."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from estuary.core.moments import to_microseconds
from estuary.core.resource import Resource
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions
from estuary.stores.sql.list_statements import select_totals
from estuary.stores.sql.rows import Rows
from estuary.stores.sql.statements import Statements, compile_statements
from estuary.stores.sql.tables import resource_table, totals_table
from tests.unit.stores.kinds import NOON, PARTS, part, record


def rows_of(resource: Resource) -> tuple[Rows, Statements]:
    """The rows and statements of `resource` for SQLite."""
    metadata = MetaData()
    dialect = SQLiteDialect(paramstyle="qmark")
    table = resource_table(resource, metadata)
    statements = compile_statements(table, select_totals(table, totals_table(metadata)), dialect)
    return Rows(resource, table, statements, dialect), statements


@pytest.mark.parametrize(
    "value", [part(), part(note="n", checked=False, due=NOON, tags=[])], ids=["nulls", "no nulls"]
)
def test_a_record_comes_back_as_it_went(value: msgspec.Struct) -> None:
    """Every kind of field survives the way to a row and back, null or not."""
    rows, _ = rows_of(PARTS)
    kept = record(value)

    assert kept == rows.record(rows.insert(kept))


def test_a_record_is_found_without_its_id_in_the_row() -> None:
    """The statement leaves the id out; that of the request is the record's."""
    rows, statements = rows_of(PARTS)
    kept = record(part())
    selected = statements.get.text.partition("FROM")[0]

    assert "id" not in [name.strip().rpartition(".")[2] for name in selected.split(",")]
    assert kept == rows.found(rows.insert(kept)[1:], kept.id, None)


def test_insert_parameters_are_in_the_statements_order() -> None:
    """The values stand where the compiled statement has their columns."""
    rows, statements = rows_of(PARTS)

    parameters = dict(zip(statements.insert.parameters, rows.insert(record(part(count=4))), strict=True))

    assert to_microseconds(NOON) == parameters["created_at"]
    assert 4 == parameters["count"]
    assert '["quote \\" and \\\\","\U0001f30a",""]' == parameters["values"]


def test_a_keyword_only_declaration_keeps_its_fields_apart() -> None:
    """Fields go to their own columns even where a declaration mixes positional and keyword-only ones."""

    class Base(msgspec.Struct, frozen=True, kw_only=True):
        first: str = "1"

    class Mixed(Base, frozen=True):
        second: str
        third: str = "3"

    rows, statements = rows_of(Resource("mixed", Mixed))
    kept = record(Mixed(second="two", first="one"))

    parameters = dict(zip(statements.insert.parameters, rows.insert(kept), strict=True))

    assert {"first": "one", "second": "two", "third": "3"} == {
        name: parameters[name] for name in ("first", "second", "third")
    }
    assert kept == rows.record(rows.insert(kept))


def test_update_sets_only_what_changes() -> None:
    """A field that is not among the changes is marked as kept; null is a change like another."""
    rows, statements = rows_of(PARTS)
    ordered = rows.update("an id", {"note": None, "table": NOON}, NOON, WriteOptions("owner", 3))

    parameters: dict[str, Any] = dict(zip(statements.update.parameters, ordered, strict=True))

    changed = {name for name, value in parameters.items() if name.startswith("_set_") and value}
    assert {"_set_note", "_set_table"} == changed
    assert (None, to_microseconds(NOON)) == (parameters["_value_note"], parameters["_value_table"])
    assert ("an id", 3, "owner") == tuple(
        parameters[name] for name in ("_id", "_expected_version", "_owner")
    )


def test_one_update_leaves_no_trace_in_the_next() -> None:
    """Parameters of one update are not there in the next one."""
    rows, _ = rows_of(PARTS)
    before = rows.update("an id", {}, NOON, UNCONDITIONAL)
    rows.update("an id", {"note": "n"}, NOON, UNCONDITIONAL)

    assert before == rows.update("an id", {}, NOON, UNCONDITIONAL)
