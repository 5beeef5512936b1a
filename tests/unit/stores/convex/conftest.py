"""A deployment of one's own for each test, and the store that is kept in it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from estuary.core.items import ITEMS
from estuary.stores.convex.store import ConvexStore
from tests.contract.making import TIMEOUT
from tests.support.collections import Collection, awaited
from tests.support.servers import shared
from tests.support.servers.convex import DEPLOY_KEY, Deployment


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    """A deployment without records."""
    deployment = Deployment(shared.convex())
    yield deployment
    deployment.recover()
    deployment.forget()


@pytest.fixture
async def store(deployment: Deployment) -> AsyncIterator[ConvexStore]:
    """An open store in it."""
    store = ConvexStore(deployment.url, [ITEMS], deploy_key=DEPLOY_KEY, timeout=TIMEOUT)
    await store.open()
    deployment.seen()
    yield store
    await store.close()


@pytest.fixture
def items(store: ConvexStore) -> Collection:
    """The items of the open store."""
    return awaited(store.collection(ITEMS))
