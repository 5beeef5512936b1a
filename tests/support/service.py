"""A whole service in this process, spoken to through the ASGI adapter."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from estuary.app import Service, build
from estuary.config.environment import load_from
from estuary.http.asgi import AsgiAdapter


def make_service(directory: Path, **variables: str) -> Service:
    """A service of the given variables, with nothing taken from the real environment."""
    environment = {"DATABASE_TYPE": "memory", "LOG_FILTER": "off", **variables}
    return build(load_from(environment, directory=directory).settings)


@asynccontextmanager
async def client_of(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a started service, which is stopped afterwards."""
    await service.start()
    adapter = AsgiAdapter(service.application, service.start, service.stop)
    transport = httpx.ASGITransport(app=adapter, client=("192.0.2.1", 40000))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://estuary.test") as client:
            yield client
    finally:
        await service.stop()
