"""What list queries give, from the records and the number that a database found."""

from collections.abc import Sequence

from estuary.core.query import ListResult
from estuary.core.record import Record


def counted(records: Sequence[Record], total: int, at_most: int | None) -> ListResult:
    """The records and their number, as far as it was asked for."""
    if at_most is None or total <= at_most:
        return ListResult(records, total)
    return ListResult(records, at_most, exceeded=True)
