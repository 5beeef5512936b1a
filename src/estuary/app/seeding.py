"""Records that a project starts with: created, or updated where they exist."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any, BinaryIO, NamedTuple

import msgspec

from estuary.app.line_hooks import LineHooks
from estuary.app.transfer import Report, left_alone, lines_of, open_store
from estuary.backups.errors import BackupError, UnfitLine
from estuary.backups.format import LONGEST_LINE
from estuary.backups.record_lines import Lines
from estuary.config.settings import Settings
from estuary.core.awaiting import settled
from estuary.core.errors import (
    EstuaryError,
    NotFound,
    ReferenceMissing,
    TransactionTooLarge,
    WriteContention,
    WriteRefused,
)
from estuary.core.ports import Store
from estuary.core.queries.uniques import UniqueValues
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import Insert, Update, Write, WriteOptions

MOST_LINES = 10_000
"""Records that a seed may have, for they are written in one transaction."""


class Seeded(NamedTuple):
    """How many records were created, changed, and left as they were; warnings for the operator."""

    created: int
    changed: int
    left: int
    warnings: Sequence[str]


class BrokenLines(BackupError):
    """Lines that hold no valid record, each with its number and the reason."""

    def __init__(self, faults: Sequence[UnfitLine]) -> None:
        ordered = sorted(faults, key=lambda fault: fault.number)
        lines = [f"{len(faults)} lines are broken, and nothing was written:", *map(str, ordered)]
        super().__init__("\n  ".join(lines) if len(faults) > 1 else f"{ordered[0]}; nothing was written")


class _Given(msgspec.Struct):
    """The members that a line has, without defaults."""

    id: str | None = None
    value: dict[str, msgspec.Raw] | None = None


class _Line(NamedTuple):
    """A valid line: its record, and the fields that it gives."""

    number: int
    resource: Resource
    record: Record
    has_id: bool
    given: frozenset[str]


async def seed(settings: Settings, file: BinaryIO, report: Report) -> Seeded:
    """Write the records on the lines of `file`, all or none; lines are as `estuary export` writes them.

    A record with the line's id, or with its values of a unique key, gets the fields that the line gives and
    keeps the others; one that has them already stays as it is. Raises `BrokenLines` for
    all lines at once, `DeclarationError`, `BackupError`, `StoreError`.
    """
    async with open_store(settings) as (store, resources):
        warnings = await left_alone(store)
        lines = _read(file, lines_of(resources), LineHooks(resources))
        found = [(line, await _existing(store, line)) for line in lines]
        report(0, 0.0)
        now = datetime.now(UTC)
        ordered = _in_order(found)
        writes = [_write(line, record, now) for line, record in ordered]
        outcomes = await _transact(store, writes, [line for line, _ in ordered])
    report(len(lines), 1.0)
    created = sum(record is None for _, record in found)
    made = sum(outcome.made for outcome in outcomes)
    return Seeded(created, made - created, len(lines) - made, warnings)


def _read(file: BinaryIO, lines: Lines, hooks: LineHooks) -> list[_Line]:
    """Every line's record; raises `BrokenLines`, `BackupError`."""
    read: list[_Line] = []
    faults: list[UnfitLine] = []
    places: dict[tuple[Any, ...], int] = {}
    for number, text in _numbered(file):
        try:
            read.append(_accepted(_decoded(text, number, lines), hooks, places))
        except UnfitLine as fault:
            faults.append(fault)
    if faults:
        raise BrokenLines(faults)
    return read


def _accepted(line: _Line, hooks: LineHooks, places: dict[tuple[Any, ...], int]) -> _Line:
    """`line`, if no hook refuses it and no other line has the same record; raises `UnfitLine`.

    `places` are the numbers of lines by the identities of their records.
    """
    if objection := hooks.objection(line.resource, line.record):
        raise UnfitLine(line.number, objection)
    identities = list(_identities(line))
    if not identities:
        why = "its Unique fields are null" if line.resource.unique_keys else "no field of it is Unique"
        raise UnfitLine(line.number, f"nothing tells whether it is there: give it an id, for {why}")
    for identity in identities:
        if (first := places.setdefault(identity, line.number)) != line.number:
            raise UnfitLine(line.number, f"it names the record that line {first} names")
    return line


def _numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number; raises `BackupError` for too many or too long ones."""
    count = number = 0
    while text := file.readline(LONGEST_LINE):
        number += 1
        if number == 1:
            text = text.removeprefix(BOM_UTF8)
        if len(text) == LONGEST_LINE:
            raise UnfitLine(number, f"it is longer than {LONGEST_LINE} bytes")
        if text.isspace():
            continue
        count += 1
        if count > MOST_LINES:
            raise BackupError(f"a seed has at most {MOST_LINES} lines: `estuary import` takes any number")
        yield number, text


def _decoded(text: bytes, number: int, lines: Lines) -> _Line:
    """The record on a line; raises `UnfitLine`."""
    resource, record = lines.decode(text, number)
    given = msgspec.json.decode(text, type=_Given)
    names = resource.field_names if given.value is None else given.value
    return _Line(number, resource, record, given.id is not None, frozenset(names))


def _identities(line: _Line) -> Iterator[tuple[Any, ...]]:
    """What identifies the line's record: its id, and its values of unique keys."""
    name, record = line.resource.name, line.record
    if line.has_id:
        yield name, record.id
    for key in line.resource.unique_keys:
        if (values := UniqueValues(key).of(record)) is not None:
            yield name, "" if key.of_all else record.owner, key.fields, values


def _in_order(found: Sequence[tuple[_Line, Record | None]]) -> list[tuple[_Line, Record | None]]:
    """Lines with their existing records, each after the new ones that it refers to.

    Raises `BrokenLines` where new records refer to each other in a circle.
    """
    new = {(line.resource.name, line.record.id): line.number for line, record in found if record is None}
    needs = {line.number: {new[each] for each in _references(line) if each in new} for line, _ in found}
    by_number = {line.number: (line, record) for line, record in found}
    try:
        return [by_number[number] for number in TopologicalSorter(needs).static_order()]
    except CycleError as error:
        first, *others = sorted(set(error.args[1]))
        why = (
            f"its new record refers to that of line {' and '.join(map(str, others))} and so to itself: "
            "leave one reference out, and give it in a second file"
        )
        raise BrokenLines([UnfitLine(first, why)]) from None


def _references(line: _Line) -> Iterator[tuple[str, str]]:
    """The resources and ids of the records that a line refers to, but its own."""
    for key in line.resource.foreign_keys:
        place = (key.target, getattr(line.record.value, key.field))
        if place != (line.resource.name, line.record.id):
            yield place


async def _existing(store: Store, line: _Line) -> Record | None:
    """The record of the store that the line is about, or None."""
    collection, record = store.collection(line.resource), line.record
    if line.has_id:
        try:
            return await settled(collection.get(record.id))
        except NotFound:
            return None
    for key in line.resource.unique_keys:
        values = UniqueValues(key)
        if values.of(record) is None:
            continue
        values_of_key = [getattr(record.value, field) for field in key.fields]
        owner = None if key.of_all else record.owner or None
        for found in (await settled(collection.find(key, values_of_key, owner))).records:
            if key.of_all or found.owner == record.owner:
                return found
    return None


def _write(line: _Line, existing: Record | None, now: datetime) -> Write:
    record, resource = line.record, line.resource
    if existing is None:
        return Insert(resource.name, record, WriteOptions(client_id=line.has_id))
    changes = {name: getattr(record.value, name) for name in resource.field_names if name in line.given}
    options = WriteOptions(if_changed=True, expected_version=existing.version)
    return Update(resource.name, existing.id, changes, now, options)


async def _transact(store: Store, writes: Sequence[Write], lines: Sequence[_Line]) -> Sequence[Written]:
    """Make all writes or none; raises `BrokenLines` for the first that cannot be made."""
    if not writes:
        return []
    try:
        return await settled(store.transact(writes))
    except WriteRefused as refused:
        line, refusal = lines[refused.index], refused.refusal
        raise BrokenLines([UnfitLine(line.number, _reason(refusal))]) from refused
    except (TransactionTooLarge, WriteContention) as error:
        raise BackupError(f"nothing was written: {error}") from error


def _reason(refusal: EstuaryError) -> str:
    if isinstance(refusal, ReferenceMissing):
        return f"{refusal.field} refers to a record that is neither there nor on a line"
    return str(refusal)
