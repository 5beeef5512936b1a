"""The synchronous client with the asynchronous one's face: one script tries both."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Self

_BUILDS = {"resource", "batch", "all", "where", "sort", "fields", "expand", "limit"}
"""What asks for nothing, with either client."""
_COLLECTS = {"create", "patch", "replace", "upsert_by", "delete"}
"""What asks for nothing where it is a batch's."""


class Awaited:
    """Carries out each call of `inner`, a part of the synchronous client, in a thread."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name in _BUILDS:
            return lambda *given, **named: Awaited(method(*given, **named))
        if name in _COLLECTS and hasattr(self._inner, "send"):
            return lambda resource, *given, **named: method(resource._inner, *given, **named)

        async def call(*given: Any, **named: Any) -> Any:
            return await asyncio.to_thread(method, *given, **named)

        return call

    async def pages(self, *given: Any, **named: Any) -> AsyncIterator[Any]:
        """Each page as it comes."""
        pages = self._inner.pages(*given, **named)
        while (page := await asyncio.to_thread(next, pages, None)) is not None:
            yield page

    async def __aiter__(self) -> AsyncIterator[Any]:
        for each in await asyncio.to_thread(list, self._inner):
            yield each

    async def __aenter__(self) -> Self:
        self._inner.__enter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await asyncio.to_thread(self._inner.__exit__, *exception)
