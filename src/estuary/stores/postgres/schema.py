"""What the database must hold: the DDL that makes it, and whether it does."""

from collections.abc import Sequence

from sqlalchemy import Index, Table
from sqlalchemy.schema import CreateTable

from estuary.core.errors import StoreSchemaMismatch
from estuary.core.references.foreign_keys import ForeignKey
from estuary.stores.postgres.catalog import Catalog
from estuary.stores.postgres.foreign_keys import added, checked, constraint_name, is_named_here, removed
from estuary.stores.postgres.key_owners import key_owners
from estuary.stores.postgres.renames import Renamed, renamed
from estuary.stores.postgres.statements import DIALECT
from estuary.stores.postgres.triggers import FUNCTIONS, REMEMBER, recount, remembering, triggers
from estuary.stores.sql.ddl_text import quoted
from estuary.stores.sql.duplicates import Search, searches
from estuary.stores.sql.indexes import ORDER, OWNER, create_index, named_here
from estuary.stores.sql.orphans import OrphanSearch
from estuary.stores.sql.tables import DELETED, KEYS, TOTALS, checks_of, column_of_check

LAYOUT = 1
"""The layout of Estuary's own columns and tables, kept in the comment on the table of totals."""

_LAYOUT_COMMENT = "Estuary, layout "
_BY_CODE_POINT = "C"
_NUMBERS = ("bigint", "double precision", "numeric")
TABLE_COMMENT = "Estuary, a resource"
"""What the server keeps beside the table of a resource, and of no other."""


class Schema:
    """The tables of resources, which refer to each other by `foreign_keys`, and `own` ones beside them."""

    def __init__(
        self, tables: Sequence[Table], own: Sequence[Table], foreign_keys: Sequence[ForeignKey] = ()
    ) -> None:
        self._foreign_keys = foreign_keys
        self.tables = {table.name: table for table in tables}
        self._own = own
        self._checks = {name: checks_of(table, DIALECT) for name, table in self.tables.items()}
        self.names = [table.name for table in (*own, *tables)]

    def check_origin(self, catalog: Catalog) -> None:
        """Raise `StoreSchemaMismatch` where `catalog` shows tables that are not ours to change."""
        for name in self.tables:
            if name in catalog.columns and catalog.comments.get(name) != TABLE_COMMENT:
                raise StoreSchemaMismatch(
                    f"Table {name} was not made by Estuary: rename it, or use another database"
                )
        comment = catalog.comments.get(TOTALS)
        layout = (comment or "").removeprefix(_LAYOUT_COMMENT)
        if TOTALS in catalog.columns and not layout.isdigit():
            raise StoreSchemaMismatch(
                f"Table {TOTALS} was not made by Estuary: rename it, or use another database"
            )
        if layout and int(layout) > LAYOUT:
            raise StoreSchemaMismatch(
                f"The database has layout {layout}, made by a newer Estuary than this one, "
                f"which knows {LAYOUT}: upgrade"
            )

    def fits(self, catalog: Catalog) -> bool:
        """Whether the tables that are there have the columns and the rules that are declared."""
        return all(
            self._fits(table, catalog) for name, table in self.tables.items() if name in catalog.columns
        )

    def renamed(self, catalog: Catalog) -> Renamed:
        """`catalog` as it will be once columns have the names that are declared."""
        return renamed(catalog, self.tables, self._foreign_keys)

    def searches(self, found: Renamed) -> list[Search]:
        """Queries for duplicates, run before a unique key is added."""
        catalog, renames = found.catalog, found.renames
        return [
            search
            for name, table in self.tables.items()
            if name in catalog.columns
            for search in searches(
                table, catalog.columns[name], _valid(catalog, name), DIALECT, renames[name]
            )
            if all(_can_be_asked(table, field, catalog) for field in search.key.fields)
        ]

    def unfinished(self, catalog: Catalog) -> list[str]:
        """The statements that remove declared indexes which were not made to their end.

        A unique one would refuse writes already, as if its key were kept.
        """
        return [
            _dropped(str(index.name))
            for name, table in self.tables.items()
            for index in _indexes(table)
            if catalog.indexes.get(name, {}).get(str(index.name)) is False
        ]

    def missing(self, catalog: Catalog) -> list[str]:
        """The statements that make what is not there at all, but for indexes of tables that are there.

        Texts that are not ordered by code point are from now on.
        """
        statements: list[str] = []
        for table in self._own:
            if table.name not in catalog.columns:
                statements += _create(table)
            elif table.name == KEYS and OWNER not in catalog.columns[KEYS]:
                statements += key_owners(table)
        if TOTALS not in catalog.columns:
            statements += [_comment("TABLE", f'"{TOTALS}"', f"{_LAYOUT_COMMENT}{LAYOUT}"), *FUNCTIONS]
        if DELETED not in catalog.columns:
            statements.append(REMEMBER)
        for name, table in self.tables.items():
            if name in catalog.columns:
                statements += [*_recollated(table, catalog), *_missing_of(table, catalog)]
            else:
                statements += self._made(table)
        for key in self._foreign_keys:
            if constraint_name(key) not in catalog.foreign_keys.get(key.resource, {}):
                statements.append(added(key, unchecked=key.resource in catalog.columns))
        return statements

    def orphan_searches(self, found: Renamed) -> list[OrphanSearch]:
        """Queries for orphans, run before a reference is added."""
        catalog = found.catalog
        return [
            OrphanSearch(key, key.target not in catalog.columns, found.renames[key.resource])
            for key in self._foreign_keys
            if key.field in catalog.columns.get(key.resource, {})
            and constraint_name(key) not in catalog.foreign_keys.get(key.resource, {})
            and _can_be_asked(self.tables[key.resource], key.field, catalog)
        ]

    def unchecked(self, catalog: Catalog) -> list[str]:
        """The statements that check references for the records of tables that are there.

        Each is to run outside of a transaction, for others write to them meanwhile.
        """
        return [
            checked(key)
            for key in self._foreign_keys
            if key.resource in catalog.columns
            and not catalog.foreign_keys.get(key.resource, {}).get(constraint_name(key))
        ]

    def missing_indexes(self, catalog: Catalog) -> list[str]:
        """The statements that make what indexes the tables that are there lack, while others write to them.

        Each is to run outside of a transaction. What was not made to its end is there, and of no use.
        """
        statements: list[str] = []
        for name, table in self.tables.items():
            if name in catalog.columns:
                found = catalog.indexes.get(name, {})
                for index in _indexes(table):
                    statements += _made_concurrently(index, found.get(str(index.name)))
        return statements

    def undeclared(self, catalog: Catalog) -> list[str]:
        """The statements that remove indexes and references which only an earlier declaration asked for."""
        ours = {constraint_name(key) for key in self._foreign_keys}
        references = [
            removed(name, constraint)
            for name in self.tables
            for constraint in sorted(catalog.foreign_keys.get(name, {}))
            if is_named_here(name, constraint) and constraint not in ours
        ]
        return [*references, *self._undeclared_indexes(catalog)]

    def _undeclared_indexes(self, catalog: Catalog) -> list[str]:
        return [
            _dropped(index)
            for name, table in self.tables.items()
            for index in sorted(catalog.indexes.get(name, {}))
            if named_here(name, index) and index not in {each.name for each in table.indexes}
        ]

    def _made(self, table: Table) -> list[str]:
        """The statements that make the table of one resource, and have its records counted."""
        return [
            *_create(table),
            _comment("TABLE", f'"{table.name}"', TABLE_COMMENT),
            *(check_comment(table.name, name, rule) for name, rule in self._checks[table.name].items()),
            *triggers(table.name).values(),
            *remembering(table.name).values(),
        ]

    def _fits(self, table: Table, catalog: Catalog) -> bool:
        found = catalog.columns.get(table.name, {})
        for column in table.columns:
            has = found.get(column.name)
            if has is None or (has.type, has.demanded) != (type_of(column.type), not column.nullable):
                return False
        if any(
            has.demanded and not has.has_default for name, has in found.items() if name not in table.columns
        ):
            return False
        rules = catalog.checks.get(table.name, {})
        # A rule of a column that is not declared came with that column.
        ours = {name: rules[name] for name in rules if column_of_check(table, name) in table.columns}
        return ours == self._checks[table.name]


def check_comment(table: str, name: str, rule: str) -> str:
    """Keeps a rule as it was written: what the server gives back is its own rendering."""
    return _comment("CONSTRAINT", f'"{name}" ON "{table}"', rule)


def type_of(column_type: object) -> str:
    """A column's type as the server's `format_type` has it."""
    spelled = str(column_type.compile(dialect=DIALECT))  # type: ignore[attr-defined]
    return spelled.partition(" COLLATE")[0].lower().replace(", ", ",")


def _missing_of(table: Table, catalog: Catalog) -> list[str]:
    """The triggers that a table lacks; without those that count it may have changed unseen."""
    found = catalog.triggers.get(table.name, set())
    lost = [ddl for name, ddl in triggers(table.name).items() if name not in found]
    lacking = [ddl for name, ddl in remembering(table.name).items() if name not in found]
    if not lost:
        return lacking
    return [f'LOCK TABLE "{table.name}"', *lost, *recount(table.name), *lacking]


def _recollated(table: Table, catalog: Catalog) -> list[str]:
    """Has texts ordered by code point: tables of earlier releases order them as their database does.

    The server rewrites no table for that, but makes indexes of these columns again, and checks the rules.
    """
    found = catalog.columns[table.name]
    changes = [
        f'ALTER COLUMN "{column.name}" TYPE {column.type.compile(dialect=DIALECT)}'
        for column in table.columns
        if column.name in found
        and found[column.name].type == type_of(column.type) == "text"
        and found[column.name].collation != _BY_CODE_POINT
    ]
    return [f'ALTER TABLE "{table.name}" {", ".join(changes)}'] if changes else []


def _can_be_asked(table: Table, field: str, catalog: Catalog) -> bool:
    """Whether values of a column can be compared as those declared are; of other types none is migrated."""
    found = catalog.columns[table.name].get(field)
    types = {type_of(table.c[field].type), type_of(table.c[field].type) if found is None else found.type}
    return len(types) == 1 or all(each.startswith(_NUMBERS) for each in types)


def _valid(catalog: Catalog, table: str) -> set[str]:
    return {name for name, valid in catalog.indexes.get(table, {}).items() if valid}


def _made_concurrently(index: Index, valid: bool | None) -> list[str]:
    """The statements that make an index; `valid` is what was found of it."""
    if valid:
        return []
    made = create_index(index, DIALECT).replace("INDEX", "INDEX CONCURRENTLY", 1)
    return [made] if valid is None else [_dropped(str(index.name)), made]


def _dropped(index: str) -> str:
    return f'DROP INDEX CONCURRENTLY IF EXISTS "{index}"'


def _create(table: Table) -> list[str]:
    return [
        str(CreateTable(table).compile(dialect=DIALECT)).strip(),
        *(create_index(index, DIALECT) for index in _indexes(table)),
    ]


def _indexes(table: Table) -> list[Index]:
    return sorted(table.indexes, key=lambda index: (index.info.get(ORDER, -1), str(index.name)))


def _comment(kind: str, name: str, text: str) -> str:
    return f"COMMENT ON {kind} {name} IS {quoted(text)}"
