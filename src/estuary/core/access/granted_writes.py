"""Refusals of writes, which disclose no more than the asker may read.

Apart from `rights.py`, which is compiled and so holds no coroutines.
"""

from collections.abc import Awaitable, Callable, Sequence

from estuary.core.access.rights import EVERYTHING, Grant
from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.errors import EstuaryError, Forbidden, NotFound, PreconditionFailed, VersionConflict
from estuary.core.record import Record, Written

Get = Callable[[str, str | None], MaybeAwaitable[Record]]
Find = Callable[[], Awaitable[Sequence[Record]]]
"""The records of all owners that a write may mean, as they are now."""


def within(grant: Grant, write: Awaitable[Written], find: Find) -> Awaitable[Written]:
    """The outcome of `write`; raises what it raises, as far as `grant` lets that be disclosed."""
    return write if grant is EVERYTHING else _within(grant, write, find)


async def refusal_within(grant: Grant, refusal: EstuaryError, find: Find) -> EstuaryError:
    """What is raised in place of `refusal`.

    No version to an asker that may not read the record; and where it may read a record that it may not
    write, that it may not, for that the record is there is no secret.
    """
    match refusal:
        case VersionConflict() if not grant.shows_all:
            return PreconditionFailed()
        case NotFound() if grant.sees_others:
            found = await find()
            return Forbidden() if any(record.owner != grant.owner for record in found) else refusal
        case _:
            return refusal


async def record_of(get: Get, record_id: str) -> list[Record]:
    """The record with an id, of any owner; None where there is none."""
    try:
        return [await settled(get(record_id, None))]
    except NotFound:
        return []


async def _within(grant: Grant, write: Awaitable[Written], find: Find) -> Written:
    try:
        return await write
    except (NotFound, VersionConflict) as error:
        refusal = await refusal_within(grant, error, find)
        if refusal is error:
            raise
        raise refusal from error
