"""Gives each idempotency key its owner, in a table of a release that kept keys by their subjects alone."""

from collections.abc import Iterable

from sqlalchemy import Table

from estuary.stores.sql.indexes import OWNER

_BEFORE = "_estuary_keys_before"


def key_owners(keys: Table, creation: Iterable[str]) -> list[str]:
    """The statements that make the table of such a release what `keys` is; `creation` makes a new one.

    What a key was for is what its snapshot belongs to, and its fingerprint takes up the owner, as
    `IdempotencyKey` has it. A delete has no snapshot: its key is no owner's. SQLite changes no primary key
    in place, so the table is rebuilt.
    """
    found = f"coalesce(json_extract(snapshot, '$.{OWNER}'), '')"
    owner = f"CASE WHEN json_valid(snapshot) THEN {found} ELSE '' END"
    taken = {OWNER: owner, "fingerprint": f"fingerprint || {owner}"}
    names = [column.name for column in keys.columns]
    kept = f'SELECT {", ".join(taken.get(name, name) for name in names)} FROM "{_BEFORE}"'  # noqa: S608 (constant names)
    return [
        *(f'DROP INDEX IF EXISTS "{index.name}"' for index in keys.indexes),
        f'ALTER TABLE "{keys.name}" RENAME TO "{_BEFORE}"',
        *creation,
        f'INSERT INTO "{keys.name}" ({", ".join(names)}) {kept}',
        f'DROP TABLE "{_BEFORE}"',
    ]
