"""Imports modules before several workers are forked, so that they share the memory."""

from contextlib import suppress
from importlib import import_module

from estuary.app import stores
from estuary.config.database_url import MEMORY
from estuary.config.settings import Settings

_MIGRATIONS = "estuary.stores.sql.migrations.planner"
_AUTHENTICATION = ("estuary.auth.tokens", "estuary.auth.fetch")


def preload_migrations(settings: Settings) -> None:
    """Import what a version with other tables will need: it takes as long as all else together."""
    if settings.database.kind != MEMORY.kind:
        with suppress(ImportError):
            import_module(_MIGRATIONS)


def preload(settings: Settings) -> None:
    """Import what every worker will need: the application, the store's modules, those of authentication."""
    import_module("estuary.app.composition")
    stores.preload(settings)
    if settings.auth_enabled:
        # A module that cannot be imported is reported by the worker.
        with suppress(ImportError):
            for module in _AUTHENTICATION:
                import_module(module)
