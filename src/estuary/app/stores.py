"""The configured store; its driver is imported only if it is used."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from estuary.app.shared_state import SharedState
from estuary.config.convex import CONVEX
from estuary.config.database_url import POSTGRES, SQLITE
from estuary.config.settings import Settings
from estuary.core.errors import StoreRefused
from estuary.core.extras import needs
from estuary.core.items import ITEMS
from estuary.core.ports import Observer, Store
from estuary.core.resource import Resource
from estuary.telemetry.last_backup import LastBackup


def make_store(
    settings: Settings,
    resources: Sequence[Resource],
    observe: Observer,
    *,
    migrate: str | None = None,
    shared: SharedState | None = None,
    worker: int = 0,
) -> Store:
    """The store, not yet open; raises `StoreRefused` if its driver is not installed.

    `migrate` overrides DATABASE_MIGRATE. `shared` is the memory of the workers, of which this process is
    the one numbered `worker`.
    """
    location = settings.database
    if location.path is not None:
        from estuary.stores.sql.migrations.policy import Policy
        from estuary.stores.sqlite import SqliteStore, WriterFairness

        return SqliteStore(
            location.path,
            resources,
            timeout=settings.database_timeout_seconds,
            policy=Policy(migrate or settings.database_migrate),
            observe=observe,
            fairness=None if shared is None else WriterFairness(shared.waiting, worker),
            query_budget=settings.query_budget_seconds,
        )
    if location.kind == POSTGRES:
        return _postgres(settings, resources, observe, migrate)
    if location.kind == CONVEX:
        return _convex(settings, resources, observe, migrate)
    from estuary.stores.memory import MemoryStore

    return MemoryStore(resources)


def _postgres(
    settings: Settings, resources: Sequence[Resource], observe: Observer, migrate: str | None
) -> Store:
    from estuary.stores.sql.migrations.policy import Policy

    try:
        from estuary.stores.postgres import PostgresStore
    except ModuleNotFoundError as error:
        raise StoreRefused(needs("PostgreSQL", "a driver", "postgres")) from error
    return PostgresStore(
        settings.database.url,
        resources,
        pool_size=settings.database_pool_size,
        timeout=settings.database_timeout_seconds,
        policy=Policy(migrate or settings.database_migrate),
        observe=observe,
        query_budget=settings.query_budget_seconds,
    )


def _convex(
    settings: Settings, resources: Sequence[Resource], observe: Observer, migrate: str | None
) -> Store:
    from estuary.stores.sql.migrations.policy import Policy

    try:
        from estuary.stores.convex.store import ConvexStore
    except ModuleNotFoundError as error:
        raise StoreRefused(needs("Convex", "a client for HTTP", "convex")) from error
    return ConvexStore(
        settings.database.url,
        resources,
        deploy_key=settings.convex_deploy_key,
        timeout=settings.database_timeout_seconds,
        fills=Policy(migrate or settings.database_migrate) is Policy.AUTO,
        observe=observe,
    )


def has_one_direction(settings: Settings) -> bool:
    """Whether all fields of an index have the same direction in the configured store."""
    return settings.database.kind == CONVEX


def preload(settings: Settings) -> None:
    """Import the store's modules, for processes that are forked later."""
    kind = settings.database.kind
    # A module that cannot be imported is reported by the worker.
    for module in (f"estuary.stores.{kind}", f"estuary.stores.{kind}.store"):
        with suppress(ImportError):
            import_module(module)
    if kind in (SQLITE.kind, POSTGRES):
        # This store is never opened: SQLAlchemy initializes much for its first table, a third of the time
        # that each worker would take to start.
        with suppress(StoreRefused):
            make_store(settings, [ITEMS], lambda _: None)


def last_backup(settings: Settings) -> Iterator[LastBackup]:
    """The metric of the last backup, if its status file is known."""
    path = settings.backup_status
    if path is not None:
        yield LastBackup(lambda: _success(path))


def _success(path: Path) -> float:
    from estuary.backups.status import last_success

    made_at = last_success(path, datetime.now(UTC))
    return 0.0 if made_at is None else made_at.timestamp()


def data_folder(settings: Settings) -> Path | None:
    """The folder with files of the service's own; None if the store keeps no files here."""
    return None if settings.database.path is None else settings.database.path.parent
