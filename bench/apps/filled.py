"""Estuary on memory, whole pipeline, holding `BENCH_RECORDS` items from its first request on."""

import asyncio
import os
from typing import Any

from bench.fill import fill
from estuary.app import build
from estuary.config.environment import load
from estuary.core.items import ITEMS


class Filled:
    """Estuary's own application, filled while its worker starts."""

    def __init__(self, records: int) -> None:
        self._records = records
        self._service = build(load().settings)
        self.__rsgi__ = self._service.rsgi.__rsgi__

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open the store and fill it before the first request."""
        loop.run_until_complete(self._start())

    async def _start(self) -> None:
        await self._service.start()
        await fill(self._service.store.collection(ITEMS), self._records)


def app() -> Any:
    """The application that Granian serves."""
    return Filled(int(os.environ["BENCH_RECORDS"]))
