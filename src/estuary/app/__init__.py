"""The composition root: Settings become stores, limits, telemetry and the application that they serve."""

from estuary.app.composition import asgi, build
from estuary.app.probe import probe
from estuary.app.resources import load_resources, openapi
from estuary.app.service import Service

__all__ = ["Service", "asgi", "build", "load_resources", "openapi", "probe"]
