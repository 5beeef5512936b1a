"""Records on their way from a store to lines, and from lines to a store."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from uuid_utils import uuid7

from estuary.app.resources import load_resources
from estuary.app.stores import make_store
from estuary.app.undeclared import beside_declared, counted
from estuary.backups.atomic_files import occupied
from estuary.backups.errors import BackupError
from estuary.backups.record_lines import Lines
from estuary.backups.row_lines import encode_rows
from estuary.config.settings import Settings
from estuary.core.errors import StoreError
from estuary.core.ports import Migratable, Store
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.sources import Snapshot, Source, Survey
from estuary.telemetry.observers import Observers

BATCH = 1000
"""The number of records that are passed to a store at once."""

Report = Callable[[int, float | None], None]
"""Called with the number of further records done, and the total progress from 0 to 1, None if unknown."""


class UndeclaredRecords(BackupError):
    """The store holds records that a copy of the declared resources would leave out."""

    def __init__(self, undeclared: Mapping[str, int]) -> None:
        super().__init__(
            f"the store holds records that RESOURCES does not declare: {counted(undeclared)}. Declare "
            "them, as the service does (is its environment, or its .env, missing here?), or take their "
            "tables as they are with --all"
        )


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[tuple[Store, list[Resource]]]:
    """The store that `serve` would use, open for writing, migrated if necessary."""
    demand_lasting(settings)
    resources = load_resources(settings.resources)
    store = make_store(settings, resources, Observers(), migrate="auto")
    await store.open()
    try:
        yield store, resources
    finally:
        await store.close()


@asynccontextmanager
async def snapshot_of(
    settings: Settings, *, everything: bool
) -> AsyncIterator[tuple[Snapshot, list[Resource]]]:
    """A snapshot of that store, in which nothing is created or changed.

    Raises `BackupError` if it does not exist, and `UndeclaredRecords` unless `everything` is to be copied.
    """
    demand_lasting(settings)
    resources = load_resources(settings.resources)
    store = make_store(settings, resources, Observers())
    await demand_there(settings, store)
    if not isinstance(store, Source):
        raise BackupError(f"{settings.database.kind} cannot be copied")
    async with store.snapshot() as snapshot:
        if snapshot.survey.undeclared and not everything:
            raise UndeclaredRecords(snapshot.survey.undeclared)
        yield snapshot, resources


def demand_lasting(settings: Settings) -> None:
    """Raise `BackupError` if the store ends with the process that serves it."""
    if settings.database.kind == "memory":
        raise BackupError(
            "DATABASE_TYPE is memory: records live in the serving process alone, and end with it; "
            f"name a store that lasts{_unset(settings)}"
        )


async def demand_not_lost(store: Store) -> None:
    """Raise `StoreUnavailable` if the missing file was lost, instead of never created.

    A process may still have it open, and its log may still exist: planning a migration checks both, and
    creates nothing.
    """
    if isinstance(store, Migratable):
        await store.migrate(only_plan=True)


async def demand_there(settings: Settings, store: Store) -> None:
    """Raise `BackupError`, with a possible reason, if the database file does not exist."""
    path = settings.database.path
    if path is None:
        return
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        await demand_not_lost(store)
        raise BackupError(f"there is no database at {path.absolute()}{_unset(settings)}") from error
    except OSError as error:
        raise BackupError(f"the database {path.absolute()} cannot be seen: {error.strerror}") from error


def _unset(settings: Settings) -> str:
    """A possible reason where no setting names the database: a job may have another environment."""
    if settings.database_url is not None:
        return ""
    return (
        f" (DATABASE_URL is not set, nor is there a .env in {Path.cwd()} that sets it: "
        "is this run with the service's environment, in its folder?)"
    )


async def encoded(
    snapshot: Snapshot,
    resources: Iterable[Resource],
    report: Report,
    *,
    everything: bool,
    owner: str | None = None,
) -> AsyncGenerator[tuple[str, int, bytes], None]:
    """Every record, or every one of `owner`'s, as a line: batches, each with its number of lines.

    With `everything` also rows of undeclared tables, and the content of undeclared columns.
    """
    lines, survey = lines_of(resources), snapshot.survey
    total = survey.records + (sum(survey.undeclared.values()) if everything else 0)
    done = 0
    tables: list[Resource | str] = [
        resource.name if everything and resource.name in survey.columns else resource
        for resource in resources
    ]
    for table in [*tables, *(survey.undeclared if everything else ())]:
        async with aclosing(_batches(snapshot, lines, table, owner)) as batches:
            async for read, count, text in batches:
                yield table if isinstance(table, str) else table.name, count, text
                done += read
                report(read, done / max(1, total))


async def _batches(
    snapshot: Snapshot, lines: Lines, table: Resource | str, owner: str | None
) -> AsyncGenerator[tuple[int, int, bytes], None]:
    """The lines of one table: the number of records read, the number of `owner`'s, and the lines."""
    if isinstance(table, str):
        async with aclosing(snapshot.rows(table)) as batches:
            async for rows in batches:
                chosen = [row for row in rows if owner is None or row.owner == owner]
                yield len(rows), len(chosen), encode_rows(table, chosen)
        return
    async with aclosing(snapshot.records(table)) as parts:
        async for records in parts:
            mine = [record for record in records if owner is None or record.owner == owner]
            yield len(records), len(mine), lines.encode(table, mine)


def left_out(survey: Survey) -> list[str]:
    """A warning for columns that a copy of the declared resources leaves out."""
    return [
        f"{name}: columns that are not declared were left out: {', '.join(columns)} (--all takes them)"
        for name, columns in survey.columns.items()
    ]


async def left_alone(store: object) -> list[str]:
    """Warnings for records and columns in `store` that no resource declares, and no client can see."""
    if not isinstance(store, Source):
        return []
    # These are only warnings: if the records cannot be read, the command goes on.
    with suppress(StoreError):
        survey = await store.survey()
        return [
            f"the store holds {what}, left as they are: {names}" for what, names in beside_declared(survey)
        ]
    return []


def decoded(
    numbered: Iterable[tuple[int, bytes]],
    lines: Lines,
    *,
    skipped: frozenset[str] = frozenset(),
    places: dict[str, int] | None = None,
) -> Iterator[tuple[Resource, Sequence[Record]]]:
    """The records on the lines, in batches of consecutive records of one resource.

    Lines of the resources in `skipped` are ignored. `places` is given the numbers of the lines of the batch
    that is under way, by the ids of their records.
    """
    places = {} if places is None else places
    batch: list[Record] = []
    current: Resource | None = None
    for number, line in numbered:
        if skipped and lines.name_of(line) in skipped:
            continue
        resource, record = lines.decode(line, number)
        if batch and current is not None and (resource is not current or len(batch) == BATCH):
            yield current, batch
            batch = []
            places.clear()
        current = resource
        batch.append(record)
        places[record.id] = number
    if batch and current is not None:
        yield current, batch


async def reported(
    batches: Iterator[tuple[Resource, Sequence[Record]]],
    report: Report,
    part: Callable[[int], float | None],
) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    """`batches`, each reported when the next one is requested."""
    done = 0
    for resource, records in batches:
        yield resource, records
        done += len(records)
        report(len(records), part(done))


def demand_new(path: Path) -> None:
    """Raise `BackupError` if `path` exists: a typing error must not overwrite a database."""
    # A path that cannot be examined cannot be written either, and is reported then.
    if os.path.lexists(path):
        raise BackupError(occupied(path))


def lines_of(resources: Iterable[Resource]) -> Lines:
    """The encoder and decoder for records of `resources`; missing times default to now."""
    now = datetime.now(UTC)
    return Lines(resources, new_id=lambda: str(uuid7()), now=lambda: now)
