"""Records on their way out of a store as lines, and from lines into it."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from uuid_utils import uuid7

from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.backups.errors import BackupError
from estuary.backups.lines import Lines
from estuary.config.settings import Settings
from estuary.core.ports import Store
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.telemetry.observers import Observers

BATCH = 1000
"""Records that are handed to a store in one go."""

Report = Callable[[int, float | None], None]
"""Told how many more records are done, and which part of all that makes, from 0 to 1, where it is known."""


@asynccontextmanager
async def open_store(
    settings: Settings, *, migrate: str | None = "auto"
) -> AsyncIterator[tuple[Store, list[Resource]]]:
    """The store that `serve` would use, open; for who is going to write to it, migrated if need be."""
    if settings.database.kind == "memory":
        raise BackupError(
            "DATABASE_TYPE is memory: records live in the serving process alone, and end with it; "
            "name a store that lasts"
        )
    resources = load_resources(settings.resources)
    store = make_store(settings, resources, Observers(), migrate=migrate)
    await store.open()
    try:
        yield store, resources
    finally:
        await store.close()


@asynccontextmanager
async def existing_store(settings: Settings) -> AsyncIterator[tuple[Store, list[Resource]]]:
    """The same where there is one: asking for a copy must not make what is copied."""
    path = settings.database.path
    if path is not None and not path.exists():
        raise BackupError(f"there is no database at {path.absolute()}")
    async with open_store(settings, migrate=None) as opened:
        yield opened


async def encoded(
    store: Store, resources: Iterable[Resource], report: Report, *, owner: str | None = None
) -> AsyncGenerator[tuple[Resource, int, bytes], None]:
    """Every record, or every one of `owner`'s, as a line, a batch at a time, with the number of lines."""
    lines = lines_of(resources)
    # As many as there are now; a few more or less by the time they are read.
    total = sum([await store.collection(resource).count() for resource in resources])
    done = 0
    async with aclosing(store.dump()) as batches:
        async for resource, records in batches:
            chosen = [each for each in records if owner is None or each.owner == owner]
            yield resource, len(chosen), lines.encode(resource, chosen)
            done += len(records)
            report(len(records), done / max(1, total))


def decoded(
    numbered: Iterable[tuple[int, bytes]], lines: Lines
) -> Iterator[tuple[Resource, Sequence[Record]]]:
    """The records on the lines, as many of one resource together as come in a row, up to a batch."""
    batch: list[Record] = []
    current: Resource | None = None
    for number, line in numbered:
        resource, record = lines.decode(line, number)
        if batch and current is not None and (resource is not current or len(batch) == BATCH):
            yield current, batch
            batch = []
        current = resource
        batch.append(record)
    if batch and current is not None:
        yield current, batch


async def reported(
    batches: Iterator[tuple[Resource, Sequence[Record]]],
    report: Report,
    part: Callable[[int], float | None],
) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    """`batches`, each reported once whoever asked for it asks for the next."""
    done = 0
    for resource, records in batches:
        yield resource, records
        done += len(records)
        report(len(records), part(done))


def demand_new(path: Path) -> None:
    """Raise `BackupError` if there is anything at `path`: a slip of the pen must not cost a database."""
    if path.exists() or path.is_symlink():
        raise BackupError(f"{path} is there already, and nothing is written over: name another file")


def lines_of(resources: Iterable[Resource]) -> Lines:
    """How records of `resources` are written and read; what a line leaves out is made up as of now."""
    now = datetime.now(UTC)
    return Lines(resources, new_id=lambda: str(uuid7()), now=lambda: now)
