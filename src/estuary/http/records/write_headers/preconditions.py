"""Preconditions (RFC 9110, 13): reads that answer what is new, writes to the version a client knows."""

from typing import Final

from estuary.core.errors import PreconditionFailed
from estuary.core.writes.pending_writes import VersionPredicate
from estuary.http.header_fields import Fields
from estuary.http.records.write_headers.entity_tags import (
    entity_tags,
    tag_of_version,
    usable_tags,
    version_of,
)

IF_MATCH = "If-Match"
IF_NONE_MATCH = "If-None-Match"


class Precondition:
    """Which versions a write may be made to: one, those for which `holds` is true, or any.

    `absent`: there must be no record yet.
    """

    def __init__(
        self,
        version: int | None = None,
        holds: VersionPredicate | None = None,
        *,
        absent: bool = False,
    ) -> None:
        self.version: Final = version
        self.holds: Final = holds
        self.absent: Final = absent


NO_PRECONDITION: Final = Precondition()
ABSENT: Final = Precondition(absent=True)
PRESENT: Final = Precondition(holds=lambda _: True)
"""`If-Match: *`: to a record of any version, but never to a new one."""


def is_known(headers: Fields, tag: str) -> bool:
    """Whether the client of a read has what `tag` marks already: 304 is then the answer.

    A field that cannot be used is passed over: what is there is no wrong answer to who asks for it. Raises
    `PreconditionFailed` where the client wants another version than this.
    """
    if headers.get("if-match") is not None:
        wanted = usable_tags(headers, IF_MATCH)
        if wanted is not None and not wanted.match_strongly(tag):
            raise PreconditionFailed
    known = headers.get("if-none-match")
    if known is None:
        return False
    if known == tag:
        return True
    tags = usable_tags(headers, IF_NONE_MATCH)
    return tags is not None and tags.match_weakly(tag)


def demands_absence(headers: Fields) -> bool:
    """Whether a write is to be made only where there is no record: `If-None-Match: *` (RFC 9110, 13.1.2).

    With If-Match besides it asks for the impossible, which is then found out as it is for any record.
    """
    if headers.get("if-none-match") is None or headers.get("if-match") is not None:
        return False
    unwanted = usable_tags(headers, IF_NONE_MATCH)
    return unwanted is not None and unwanted.any


def precondition_of(headers: Fields) -> Precondition:
    """The precondition of a write.

    One tag is handed to the store, which compares and writes in one step; several are compared with the
    version that is there, which is then the one expected.
    """
    wanted, unwanted = entity_tags(headers, IF_MATCH), entity_tags(headers, IF_NONE_MATCH)
    if unwanted is None:
        if wanted is None:
            return NO_PRECONDITION
        if wanted.any:
            return PRESENT
        if len(wanted.tags) == 1:
            return Precondition(version_of(wanted.tags[0]))

    def holds(version: int) -> bool:
        tag = tag_of_version(version)
        if wanted is not None and not wanted.match_strongly(tag):
            return False
        return unwanted is None or not unwanted.match_weakly(tag)

    return Precondition(holds=holds)
