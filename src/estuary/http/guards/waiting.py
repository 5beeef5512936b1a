"""Waiting, apart from what decides: compiled modules hold no coroutines (`workshop/compile.py`)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def then(awaited: Awaitable[T], act: Callable[[T], R]) -> R:
    """What `act` makes of what comes of `awaited`."""
    return act(await awaited)
