"""The last versions of deleted records: one that is created again under such an id goes on from there."""

from typing import Final

MOST: Final = 50_000
"""How many deleted records are remembered one by one: about ten megabytes."""


class DeletedVersions:
    """The last versions of the deleted records of one collection.

    Of those that were forgotten to make room the highest version is kept, and stands for each of them: so a
    new record never repeats a version that another one under its id has had.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._versions: dict[str, int] = {}
        self._highest_forgotten = 0

    def add(self, record_id: str, version: int) -> None:
        """Remember that the record was deleted at this version."""
        self._versions.pop(record_id, None)
        self._versions[record_id] = version
        if len(self._versions) > self._most:
            oldest = next(iter(self._versions))
            self._highest_forgotten = max(self._highest_forgotten, self._versions.pop(oldest))

    def restore(self, record_id: str, version: int) -> None:
        """Undo that the record was deleted, where `last` was `version` before."""
        if version > self._highest_forgotten:
            self._versions[record_id] = version
        else:
            self._versions.pop(record_id, None)

    def last(self, record_id: str) -> int:
        """The last version of a record that was deleted; 0 where there cannot have been one."""
        return self._versions.get(record_id, self._highest_forgotten)
