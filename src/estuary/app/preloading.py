"""Imports modules before several workers are forked, so that they share the memory."""

from contextlib import suppress
from importlib import import_module

from estuary.app import stores
from estuary.config.settings import Settings

_AUTHENTICATION = ("estuary.auth.tokens", "estuary.auth.fetch")


def preload(settings: Settings) -> None:
    """Import what every worker will need: the application, the store's modules, those of authentication."""
    import_module("estuary.app.composition")
    stores.preload(settings)
    if settings.auth_enabled:
        # A module that cannot be imported is reported by the worker.
        with suppress(ImportError):
            for module in _AUTHENTICATION:
                import_module(module)
