"""Imports modules before workers are forked, so that they share the memory."""

from contextlib import suppress
from importlib import import_module

from estuary.app import stores
from estuary.config.settings import Settings

_AUTHENTICATION = ("estuary.auth.tokens", "estuary.auth.fetch")


def preload(settings: Settings) -> None:
    """Import what every worker will need: the store's modules, and those of authentication.

    The latter only for several workers: they take up 20 MB.
    """
    stores.preload(settings)
    if settings.auth_enabled and settings.workers > 1:
        # A module that cannot be imported is reported by the worker.
        with suppress(ImportError):
            for module in _AUTHENTICATION:
                import_module(module)
