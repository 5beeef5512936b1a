"""Estuary on memory, whole pipeline, holding `BENCH_RECORDS` items before its first request."""

import asyncio
import os

import uvloop

from bench.fill import fill
from estuary.app import build
from estuary.config.environment import load
from estuary.core.items import ITEMS
from estuary.http.http1.connection_limits import ConnectionLimits
from estuary.http.http1.listener import Listener
from estuary.server.sockets import listen
from tests.support.collections import awaited


async def serve(records: int) -> None:
    """Fill the store, then serve it until the process is ended."""
    settings = load().settings
    service = build(settings)
    await service.start()
    await fill(awaited(service.store.collection(ITEMS)), records)
    listening = Listener(service.application, listen(settings.host, settings.port), ConnectionLimits())
    listening.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(os.environ["BENCH_RECORDS"])))
