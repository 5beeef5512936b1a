"""Why a write matched no row: the record is missing, another owner's, or of another version."""

from collections.abc import Sequence
from typing import Any

from estuary.core.errors import NotFound, VersionConflict
from estuary.core.writes.writes import WriteOptions


def refusal(
    found: Sequence[Any] | None, record_id: str, options: WriteOptions
) -> NotFound | VersionConflict:
    """What to raise; `found` is what `Statements.version` gives, a version and an owner, or None."""
    if found is None or options.expected_version is None or options.owner not in (None, found[1]):
        return NotFound(record_id)
    return VersionConflict(found[0])
