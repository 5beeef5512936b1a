"""Gives each idempotency key its owner, in a table of a release that kept keys by their subjects alone."""

from typing import Any

from sqlalchemy import Table
from sqlalchemy.schema import CreateColumn

from estuary.stores.postgres.statements import DIALECT
from estuary.stores.sql.indexes import OWNER


def key_owners(keys: Table) -> list[str]:
    """The statements that make the table of such a release what `keys` is.

    What a key was for is what its snapshot belongs to. The fingerprint takes up the owner, as
    `IdempotencyKey` has it: so a release that looks for keys by subject alone, and still runs beside this
    one, refuses a key that it finds under another owner. A delete has no snapshot: its key is no owner's.
    """
    column: Any = CreateColumn(keys.c[OWNER]).compile(dialect=DIALECT)
    place = ", ".join(f'"{part.name}"' for part in keys.primary_key)
    owner = f"(snapshot::json ->> '{OWNER}')"
    taken = f"{OWNER} = {owner}, fingerprint = fingerprint || {owner}"
    return [
        f'ALTER TABLE "{keys.name}" ADD COLUMN {column}',
        f"UPDATE \"{keys.name}\" SET {taken} WHERE {owner} <> ''",  # noqa: S608 (constant names)
        f'ALTER TABLE "{keys.name}" DROP CONSTRAINT "{keys.name}_pkey", ADD PRIMARY KEY ({place})',
    ]
