"""The composition root: Settings become stores, limits, telemetry and the application that they serve.

What it offers is imported when it is asked for: the supervisor asks for `SharedState` alone, most of the
time, and is small without the application.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estuary.app.access import permissions
    from estuary.app.authentication import documented_scopes
    from estuary.app.composition import build
    from estuary.app.list_report import askable
    from estuary.app.other_servers import asgi, rsgi
    from estuary.app.preloading import preload, preload_migrations
    from estuary.app.resources import load_resources, openapi
    from estuary.app.service import Service
    from estuary.app.shared_state import SharedState
    from estuary.app.store_check import probe
    from estuary.app.stores import has_one_direction

__all__ = [
    "Service",
    "SharedState",
    "asgi",
    "askable",
    "build",
    "documented_scopes",
    "has_one_direction",
    "load_resources",
    "openapi",
    "permissions",
    "preload",
    "preload_migrations",
    "probe",
    "rsgi",
]

if not TYPE_CHECKING:  # or a misspelt name would be one to type checkers
    _MODULES = {
        "Service": "service",
        "SharedState": "shared_state",
        "asgi": "other_servers",
        "askable": "list_report",
        "build": "composition",
        "documented_scopes": "authentication",
        "has_one_direction": "stores",
        "load_resources": "resources",
        "openapi": "resources",
        "permissions": "access",
        "preload": "preloading",
        "preload_migrations": "preloading",
        "probe": "store_check",
        "rsgi": "other_servers",
    }

    def __getattr__(name: str) -> object:
        """One of the names above."""
        module = _MODULES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{module}"), name)
