"""References as foreign keys of the server's: the statements that make them, and what they are called."""

import re
from collections.abc import Iterable
from hashlib import sha256

from estuary.core.references.foreign_keys import ForeignKey


def constraint_name(key: ForeignKey) -> str:
    """The name of the constraint that keeps `key`, unique among keys.

    Not of the fields' names: the server cuts names off at 63 bytes.
    """
    text = f"{key.field},{key.target}"
    return f"_{key.resource}_reference_{sha256(text.encode()).hexdigest()[:8]}"


def is_named_here(table: str, constraint: str) -> bool:
    """Whether a foreign key of `table` has a name that only `constraint_name` gives."""
    return re.fullmatch(rf"_{table}_reference_[0-9a-f]{{8}}", constraint) is not None


def added(key: ForeignKey, *, unchecked: bool) -> str:
    """The statement that has the server keep `key` from now on; `unchecked`, of new records alone.

    It can be deferred, for records that are loaded come before those that they refer to.
    """
    made = (
        f'ALTER TABLE "{key.resource}" ADD CONSTRAINT "{constraint_name(key)}" '
        f'FOREIGN KEY ("{key.field}") REFERENCES "{key.target}" (id) DEFERRABLE'
    )
    return f"{made} NOT VALID" if unchecked else made


def checked(key: ForeignKey) -> str:
    """The statement that checks `key` for the records that were there, while others write to them."""
    return f'ALTER TABLE "{key.resource}" VALIDATE CONSTRAINT "{constraint_name(key)}"'


def removed(table: str, constraint: str) -> str:
    """The statement that has the server keep a foreign key no longer."""
    return f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{constraint}"'


def fields_by_name(keys: Iterable[ForeignKey]) -> dict[str, str]:
    """The field of each of `keys` by what its constraint is called."""
    return {constraint_name(key): key.field for key in keys}
