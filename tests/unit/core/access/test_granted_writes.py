"""Refusals of writes disclose no more than the asker may read."""

from collections.abc import Awaitable, Sequence

import pytest

from estuary.core.access.access import Decision
from estuary.core.access.granted_writes import record_of, refusal_within, within
from estuary.core.access.rights import EVERYTHING, Grant
from estuary.core.errors import EstuaryError, Forbidden, NotFound, PreconditionFailed, VersionConflict
from estuary.core.items import Item
from estuary.core.record import Record, Written

HIS = Record("01a20ae4-aaec-7239-acf3-5c06e8eab230", 3, 1, 1, Item(name="x"), "him")
A, O, R = Decision.ALL, Decision.OWN, Decision.REFUSED  # noqa: E741 - as the table reads


def found(*records: Record) -> Awaitable[Sequence[Record]]:
    """What looking for the records of all owners gives."""

    async def look() -> Sequence[Record]:
        return records

    return look()


@pytest.mark.parametrize(
    ("read", "write", "error", "message"),
    [
        (A, A, VersionConflict(3), VersionConflict),
        (A, O, VersionConflict(3), VersionConflict),
        (O, O, VersionConflict(3), VersionConflict),
        (O, A, VersionConflict(3), PreconditionFailed),
        (R, A, VersionConflict(3), PreconditionFailed),
        (A, O, NotFound("x"), Forbidden),
        (A, A, NotFound("x"), NotFound),
        (O, O, NotFound("x"), NotFound),
        (R, O, NotFound("x"), NotFound),
        (A, O, PreconditionFailed(), PreconditionFailed),
    ],
)
async def test_a_refusal_tells_what_may_be_read(
    read: Decision, write: Decision, error: EstuaryError, message: type[EstuaryError]
) -> None:
    """A version, and that a record is there, to those alone who may read it."""
    grant = Grant("her" if write is O else None, "her", read=read, write=write)
    assert message is type(await refusal_within(grant, error, lambda: found(HIS)))


async def test_a_record_that_is_not_there_is_told_as_such() -> None:
    """Also to who may read more than write."""
    grant = Grant("her", "her", read=A, write=O)
    error = NotFound("x")
    assert error is await refusal_within(grant, error, found)


async def test_a_write_is_made_as_it_is_where_nothing_is_refused() -> None:
    """Without a step more where everyone may do everything."""

    async def write() -> Written:
        return Written(HIS)

    writing = write()
    assert writing is within(EVERYTHING, writing, found)
    assert Written(HIS) == await writing
    assert Written(HIS) == await within(Grant(read=R), write(), found)


async def test_a_record_is_looked_for_of_all_owners() -> None:
    """None is there where none is."""

    def get(record_id: str, owner: str | None) -> Record:
        if (record_id, owner) != (HIS.id, None):
            raise NotFound(record_id)
        return HIS

    assert [HIS] == await record_of(get, HIS.id)
    assert [] == await record_of(get, "x")
