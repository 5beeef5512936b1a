"""The composition root: Settings become stores, limits, telemetry and the application that they serve."""

from estuary.app.access import permissions
from estuary.app.askable import askable
from estuary.app.authentication import access
from estuary.app.composition import asgi, build, rsgi
from estuary.app.preloading import preload
from estuary.app.resources import load_resources, openapi
from estuary.app.service import Service
from estuary.app.shared_state import SharedState
from estuary.app.store_check import probe
from estuary.app.stores import has_one_direction

__all__ = [
    "Service",
    "SharedState",
    "access",
    "asgi",
    "askable",
    "build",
    "has_one_direction",
    "load_resources",
    "openapi",
    "permissions",
    "preload",
    "probe",
    "rsgi",
]
