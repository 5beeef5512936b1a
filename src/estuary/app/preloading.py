"""What is imported before workers are forked, so that they share it."""

from contextlib import suppress
from importlib import import_module

from estuary.app import stores
from estuary.config.settings import Settings

_AUTHENTICATION = ("estuary.auth.tokens", "estuary.auth.fetch")


def preload(settings: Settings) -> None:
    """Import what every worker will need: the store's modules, and those of authentication.

    The latter only for several workers: 20 MB once instead of in each.
    """
    stores.preload(settings)
    if settings.auth_enabled and settings.workers > 1:
        # What cannot be imported is for the worker to report.
        with suppress(ImportError):
            for module in _AUTHENTICATION:
                import_module(module)
