"""Waiting for a condition, with a deadline and no fixed sleep."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Return when `condition` holds; raises `TimeoutError` if it does not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what other tasks make true sets no event
            await asyncio.sleep(0.001)
