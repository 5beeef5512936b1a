"""Convex for the suite: a deployment for each folder, and the ways in which it can fail."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from estuary.core.ports import Store
from estuary.core.resource import Resource
from tests.contract.making import TIMEOUT
from tests.support.servers import shared
from tests.support.servers.convex import DEPLOY_KEY


def make_convex(folder: Path, resources: Sequence[Resource], timeout: float) -> Store:
    """A store on the folder's deployment."""
    from estuary.stores.convex.store import ConvexStore

    deployment = shared.convex().deployment(folder)
    # Of the thousands that some tests have call at once, the last waits for all others.
    timeout = timeout if timeout < TIMEOUT else 12 * TIMEOUT
    return ConvexStore(deployment.url, resources, deploy_key=DEPLOY_KEY, timeout=timeout)


def failing(how: str) -> Callable[[Path], AbstractAsyncContextManager[None]]:
    """Have the folder's deployment fail in this way."""

    @asynccontextmanager
    async def during(folder: Path) -> AsyncIterator[None]:
        with shared.convex().deployment(folder).failing(how):
            yield

    return during
