"""Values that the server sets when a record is created; clients read them, and no write changes them.

What such a value is, and which fields can have it, its class says alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

import msgspec

from estuary.core.access.identity import MAX_SUBJECT_LENGTH, Identity
from estuary.core.kinds.date import Date
from estuary.core.kinds.kind import Kind, Unservable
from estuary.core.kinds.text import Text
from estuary.core.kinds.timestamp import Timestamp
from estuary.core.markers import Marker

Maker = Callable[[datetime, Identity | None], Any]
"""Makes a value of the moment at which a record is created, in UTC, and of who asks, None if unknown."""


class ServerValue(Marker, ABC):
    """Set when a record is created, and read only from then on."""

    description: ClassVar[str]
    """What the value is, as the OpenAPI document says of a field without a description."""
    of_asker: ClassVar[bool] = False
    """Whether it depends on who asks."""
    tells_records_apart: ClassVar[bool] = False
    """Whether one field of it can be a unique key."""

    @abstractmethod
    def maker(self, kind: Kind, default: Any) -> Maker:
        """What makes the values of a field of this kind, with this declared default or `NODEFAULT`.

        Raises `Unservable` for a field that could not hold each of them.
        """


class Now(ServerValue):
    """The moment at which the record is created, equal to `created_at`; of a date, its day in UTC."""

    description: ClassVar[str] = "When the record was created, in UTC."

    def maker(self, kind: Kind, default: Any) -> Maker:  # noqa: ARG002 (the moment is always known)
        """For a `datetime` or a `date`."""
        if isinstance(kind, Timestamp):
            return lambda now, _: now
        if isinstance(kind, Date):
            return lambda now, _: now.date()
        raise Unservable("Now is a moment or its day: declare the type datetime or date")


class Subject(ServerValue):
    """The subject of the verified token that the record was created with.

    The declared default where the asker is unknown: without authentication, and in an import.
    """

    description: ClassVar[str] = "Who created the record: the subject of the token."
    of_asker: ClassVar[bool] = True
    tells_records_apart: ClassVar[bool] = True

    def maker(self, kind: Kind, default: Any) -> Maker:
        """For a `str` that can hold any subject."""
        if not isinstance(kind, Text):
            raise Unservable("Subject is a text: declare the type str")
        if kind.pattern is not None:
            raise Unservable("Subject may be any text: remove the pattern")
        if kind.lengths.least is not None and kind.lengths.least > 1:
            raise Unservable("Subject may have a single character: remove the min_length")
        if kind.lengths.most is not None and kind.lengths.most < MAX_SUBJECT_LENGTH:
            raise Unservable(
                f"Subject has up to {MAX_SUBJECT_LENGTH} characters: declare at least that as max_length"
            )
        if default is msgspec.NODEFAULT:
            raise Unservable(
                'Subject needs a default for records that nobody known creates: declare = "", or '
                "`| None` with = None"
            )
        return lambda _, identity: default if identity is None else identity.subject
