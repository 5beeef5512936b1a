"""What a store does at its opening where the tables do not fit the declared resources."""

from enum import Enum

from estuary.core.extras import needs


class Policy(Enum):
    """`CHECK` leaves it to `estuary migrate`; `OFF` does not even look."""

    AUTO = "auto"
    CHECK = "check"
    OFF = "off"


NOT_MIGRATED = "The database is not migrated: run `estuary migrate`"
"""What is written under `CHECK`."""
NO_ALEMBIC = "The tables differ from the declared resources: run `estuary migrate`. " + needs(
    "Comparing them", "a library", "migrate"
)
