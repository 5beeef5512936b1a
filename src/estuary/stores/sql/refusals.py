"""Why a write found no record on its terms."""

from collections.abc import Sequence
from typing import Any

from estuary.core.errors import NotFound, VersionConflict
from estuary.core.terms import WriteTerms


def refusal(found: Sequence[Any] | None, record_id: str, terms: WriteTerms) -> NotFound | VersionConflict:
    """What to raise; `found` is what `Statements.version` gives, a version and an owner, or None."""
    if found is None or terms.expected_version is None or terms.owner not in (None, found[1]):
        return NotFound(record_id)
    return VersionConflict(found[0])
