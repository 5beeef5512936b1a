"""What a store does at its opening where the tables do not fit the declared resources."""

from enum import Enum


class Policy(Enum):
    """`CHECK` leaves it to `estuary migrate`; `OFF` does not even look."""

    AUTO = "auto"
    CHECK = "check"
    OFF = "off"


NOT_MIGRATED = "The database is not migrated: run `estuary migrate`"
"""What is said under `CHECK`."""
NO_ALEMBIC = (
    "The tables differ from the declared resources, and comparing them needs a library: "
    "install estuary[migrate], then run `estuary migrate`"
)
