"""The triggers on a table of records, for any program that writes: totals, versions of deleted records."""

from collections.abc import Collection, Iterator, Mapping

from estuary.stores.sql.indexes import OWNER
from estuary.stores.sql.tables import DELETED, TOTALS


def counting(table: str) -> dict[str, str]:
    """The triggers that keep the totals of `table` exact for every writer: each name with its DDL.

    REPLACE deletes without firing triggers, so an insert over an existing id, and a change of an id, are
    refused outright: ids are never used twice.
    """
    ids = f'SELECT id FROM "{table}"'  # noqa: S608 (a checked name)
    plus, minus = _add_to_total(table, "NEW", 1), _add_to_total(table, "OLD", -1)
    bodies = {
        "inserted": f'AFTER INSERT ON "{table}" BEGIN {plus}; END',
        "deleted": f'AFTER DELETE ON "{table}" BEGIN {minus}; END',
        "given": f'AFTER UPDATE OF {OWNER} ON "{table}" BEGIN {minus}; {plus}; END',
        "unique": f'BEFORE INSERT ON "{table}" WHEN NEW.id IN ({ids}) '
        "BEGIN SELECT RAISE(ABORT, 'a record with this id exists'); END",
        "fixed": f'BEFORE UPDATE OF id ON "{table}" WHEN NEW.id IS NOT OLD.id '
        "BEGIN SELECT RAISE(ABORT, 'the id of a record never changes'); END",
    }
    return {
        f"_{table}_{event}": f'CREATE TRIGGER "_{table}_{event}" {body}' for event, body in bodies.items()
    }


def remembering(table: str) -> dict[str, str]:
    """The trigger that remembers versions of deleted records: its name with its DDL.

    It sees what other programs delete, too. Apart from those that count, which earlier releases know: they
    leave it as it is.
    """
    name = f"_{table}_remembered"
    kept = (
        f"INSERT INTO {DELETED} VALUES ('{table}', OLD.id, OLD.version) "  # noqa: S608 (checked names)
        "ON CONFLICT (resource, id) DO UPDATE SET version = max(version, excluded.version)"
    )
    return {name: f'CREATE TRIGGER "{name}" AFTER DELETE ON "{table}" BEGIN {kept}; END'}


def are_there(triggers: Mapping[str, str], found: Collection[tuple[str, str]]) -> bool:
    """Whether each of `triggers`, names with their DDL, is among those `found`."""
    return triggers.items() <= set(found)


def made_again(triggers: Mapping[str, str]) -> Iterator[str]:
    """The statements that make `triggers`, names with their DDL, whether they are there or not."""
    for name, ddl in triggers.items():
        yield f'DROP TRIGGER IF EXISTS "{name}"'
        yield ddl


def _add_to_total(table: str, row: str, change: int) -> str:
    return (
        f"INSERT INTO {TOTALS} VALUES ('{table}', {row}.{OWNER}, {change}) "  # noqa: S608 (checked names)
        f"ON CONFLICT (resource, {OWNER}) DO UPDATE SET total = total + {change}"
    )
