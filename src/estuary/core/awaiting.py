"""Answers that may have to be waited for: what is there at once is given at once."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeAlias, TypeVar

T = TypeVar("T")
R = TypeVar("R")

MaybeAwaitable: TypeAlias = T | Awaitable[T]
"""A value, or what to wait for to have it; the value itself is never awaitable.

A coroutine costs as much as a small request needs otherwise, and most answers are in memory or in a file
whose pages are: who calls looks at what came back, and waits only where there is something to wait for.
"""


async def settled(answer: MaybeAwaitable[T]) -> T:
    """The value of `answer`, waited for where it has to be; raises what that raises."""
    return await answer if isawaitable(answer) else answer


async def then(awaited: Awaitable[T], act: Callable[[T], R]) -> R:
    """The result of `act` with the outcome of `awaited`."""
    return act(await awaited)
