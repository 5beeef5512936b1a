"""Estuary for people's own servers, configured from the environment."""

from estuary.app.composition import build
from estuary.app.service import Service
from estuary.config.environment import load
from estuary.http.asgi import AsgiAdapter
from estuary.http.rsgi import RsgiAdapter


def asgi() -> AsgiAdapter:
    """Estuary as an ASGI application."""
    service = _service()
    return AsgiAdapter(service.application, service.start, service.stop)


def rsgi() -> RsgiAdapter:
    """Estuary as an RSGI application, for Granian."""
    service = _service()
    return RsgiAdapter(service.application, service.start, service.stop)


def _service() -> Service:
    return build(load().settings)
