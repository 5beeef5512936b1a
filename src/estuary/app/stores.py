"""Which store the settings ask for; its driver is imported only then."""

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from estuary.config.database import POSTGRES
from estuary.config.settings import Settings
from estuary.core.errors import StoreUnavailable
from estuary.core.ports import Observer, Store
from estuary.core.resource import Resource


def make_store(settings: Settings, resources: Sequence[Resource], observe: Observer) -> Store:
    """The store, not yet open; raises `StoreUnavailable` where its driver is not installed."""
    location = settings.database
    if location.path is not None:
        from estuary.stores.sqlite import SqliteStore

        timeout = settings.database_timeout_seconds
        return SqliteStore(location.path, resources, timeout=timeout, observe=observe)
    if location.kind == POSTGRES:
        return _postgres(settings, resources, observe)
    from estuary.stores.memory import MemoryStore

    return MemoryStore(resources)


def _postgres(settings: Settings, resources: Sequence[Resource], observe: Observer) -> Store:
    try:
        from estuary.stores.postgres import PostgresStore
    except ModuleNotFoundError as error:
        raise StoreUnavailable("PostgreSQL needs a driver: install estuary[postgres]") from error
    return PostgresStore(
        settings.database.url,
        resources,
        pool_size=settings.database_pool_size,
        timeout=settings.database_timeout_seconds,
        observe=observe,
    )


def preload(settings: Settings) -> None:
    """Import what the store needs, for processes that are forked later."""
    # What cannot be imported is for the worker to report.
    with suppress(ImportError):
        import_module(f"estuary.stores.{settings.database.kind}")


def data_folder(settings: Settings) -> Path | None:
    """The folder in which Estuary keeps files of its own, None where everything is kept elsewhere."""
    return None if settings.database.path is None else settings.database.path.parent
