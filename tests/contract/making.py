"""What the suite puts into stores and asks of them."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.items import Item
from estuary.core.moments import to_microseconds
from estuary.core.record import Position, Record, Written
from estuary.core.writes.writes import IdempotencyKey, WriteOptions
from tests.support.clocks import START
from tests.support.collections import Collection

T = TypeVar("T")

TIMEOUT = 10.0
"""Seconds within which any single call must have ended: far above what a store needs."""
LATER = START + timedelta(seconds=1, microseconds=1)


def make_id(number: int) -> str:
    """The same canonical id for the same number; neighbours in number are neighbours in order."""
    return str(UUID(int=number))


def make_record(
    number: int, created_at: datetime | None = None, name: str | None = None, record_id: str | None = None
) -> Record:
    """An item's record; unless a time is given, `number` milliseconds after the start."""
    moment = created_at or START + timedelta(milliseconds=number)
    return Record(record_id or make_id(number), 1, moment, moment, Item(name or f"item {number}"))


def owned(record: Record, owner: str) -> Record:
    """`record` as the owner's."""
    return Record(record.id, record.version, record.created_at, record.updated_at, record.value, owner)


def once(
    text: str = "key",
    fingerprint: str = "print",
    *,
    subject: str = "",
    now: datetime = START,
    owner: str | None = None,
    expected_version: int | None = None,
) -> WriteOptions:
    """The options of a write that carries a key."""
    key = IdempotencyKey(subject, owner or "", text, fingerprint, now)
    return WriteOptions(owner, expected_version, key)


def expecting(version: int | None) -> WriteOptions:
    """The options of a write to this version alone."""
    return WriteOptions(expected_version=version)


async def record_of(write: MaybeAwaitable[Written]) -> Record:
    """The record that `write` leaves behind."""
    record = (await settled(write)).record
    assert record is not None
    return record


def dice(seed: int) -> random.Random:
    """Chance that falls the same way in every run."""
    return random.Random(seed)  # noqa: S311 (it decides orders in tests, nothing secret)


def position_of(record: Record) -> Position:
    """Where the page behind `record` starts."""
    return Position(to_microseconds(record.created_at), record.id)


async def insert_all(collection: Collection, records: Iterable[Record]) -> None:
    """Insert `records` at once, as concurrent clients would."""
    await asyncio.gather(*(collection.insert(record) for record in records))


async def pages(
    collection: Collection, limit: int, owner: str | None = None
) -> AsyncIterator[Sequence[Record]]:
    """Page after page, to the end; a page that does not lie behind its position fails at once."""
    after: Position | None = None
    while page := await collection.page(after, limit, owner):
        assert after is None or after < position_of(page[0])
        yield page
        after = position_of(page[-1])


async def walk(collection: Collection, limit: int, owner: str | None = None) -> list[Record]:
    """Every record, or every one of the owner's, page by page."""
    return [record async for page in pages(collection, limit, owner) for record in page]


Operation = Callable[[Collection], Awaitable[object]]

READS: dict[str, Operation] = {
    "get": lambda collection: collection.get(make_id(1)),
    "slice": lambda collection: collection.slice(0, 20),
    "deep slice": lambda collection: collection.slice(10_000, 20),
    "first page": lambda collection: collection.page(None, 20),
    "page": lambda collection: collection.page(position_of(make_record(0)), 20),
    "count": lambda collection: collection.count(),
    "owned slice": lambda collection: collection.slice(0, 20, "her"),
    "owned page": lambda collection: collection.page(position_of(make_record(0)), 20, "her"),
    "owned count": lambda collection: collection.count("her"),
}
WRITES: dict[str, Operation] = {
    "insert": lambda collection: collection.insert(make_record(1_000_000)),
    "update": lambda collection: collection.update(make_id(1), {"name": "other"}, LATER),
    "delete": lambda collection: collection.delete(make_id(2)),
    "keyed insert": lambda collection: collection.insert(make_record(1_000_001), once()),
}
OPERATIONS = {**READS, **WRITES}
"""Every method of a collection, as a call that succeeds on the records 1 and 2."""
