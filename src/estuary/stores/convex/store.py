"""The Convex store: the functions of one deployment, as the records of declared resources."""

from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence
from functools import partial

import msgspec

from estuary.core.errors import StoreQueryFailed, StoreSchemaMismatch
from estuary.core.ports import Observer
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.convex.collection import ConvexCollection
from estuary.stores.convex.documents import place_of
from estuary.stores.convex.errors import DEPLOY
from estuary.stores.convex.functions import Functions
from estuary.stores.convex.loading import Loading
from estuary.stores.convex.schema import declared

PROTOCOL = 1
"""Of the functions in `convex/`."""
REVISION = 1
"""The lowest within the protocol: from it on functions keep idempotency keys by their owners, too."""
DUMPED_AT_ONCE = 1000


class _Deployed(msgspec.Struct):
    protocol: float
    declared: Mapping[str, str]
    revision: float = 0


class ConvexStore:
    """Records of `resources` in the deployment at `origin`, a URL without a path.

    `timeout` (seconds) bounds every call. Without a deploy key only functions that were opened to the
    public can be called. `observe` is told how many connections are in use.
    """

    def __init__(
        self,
        origin: str,
        resources: Sequence[Resource],
        *,
        deploy_key: str | None = None,
        timeout: float = 5.0,
        observe: Observer = lambda _: None,
    ) -> None:
        self._resources = tuple(resources)
        # Apart from what serves: nothing is asked for before it is known that the functions fit.
        self._look = partial(Functions, origin, deploy_key, timeout=timeout)
        self._functions = self._look(observe=observe)
        self._declared = declared(resources)
        self._collections = {
            resource.name: ConvexCollection(resource, self._functions) for resource in resources
        }

    async def open(self) -> None:
        """Connect and compare what is deployed with what is declared.

        Raises `StoreUnavailable` or `StoreSchemaMismatch`.
        """
        looking = self._look()
        looking.open()
        try:
            _demand(await _deployed(looking), self._declared)
        finally:
            await looking.close()
        self._functions.open()

    async def close(self) -> None:
        """Finish accepted calls and let the connections go; a second call does nothing."""
        await self._functions.close()

    async def ping(self) -> None:
        """Return if the deployment answers; writes nothing, and calls no function that costs something."""
        await self._functions.ping()

    def collection(self, resource: Resource) -> ConvexCollection:
        """The collection of one of the store's resources."""
        return self._collections[resource.name]

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep all records of `batches` or none, and serve them in one step; the number of them."""
        return await Loading(self._functions, replace=replace).run(batches)

    async def dump(self) -> AsyncGenerator[tuple[Resource, Sequence[Record]], None]:
        """Every record that is there from beginning to end, page by page.

        Not as of one moment: Convex's documented API reads at the present only. It ends with what was
        the last record when it began, or writers could keep it going for ever.
        """
        for resource in self._resources:
            collection = self._collections[resource.name]
            after, last = None, await collection.last()
            while last is not None and (after is None or after < last):
                records = await collection.page(after, DUMPED_AT_ONCE)
                if not records:
                    break
                yield resource, records
                after = place_of(records[-1])


async def _deployed(functions: Functions) -> _Deployed:
    try:
        return msgspec.json.decode(await functions.query("describe", {}), type=_Deployed)
    except (StoreQueryFailed, msgspec.MsgspecError) as error:
        # In production Convex does not say that a function is missing.
        raise StoreSchemaMismatch(
            f"What is deployed in Convex are not Estuary's functions, or broken ones: {DEPLOY}"
        ) from error


def _demand(deployed: _Deployed, wanted: Mapping[str, str]) -> None:
    if deployed.protocol != PROTOCOL or deployed.revision < REVISION:
        raise StoreSchemaMismatch(
            "The functions in Convex are of another release of Estuary: "
            f"write them anew with `estuary convex write`, and {DEPLOY}"
        )
    differing = [name for name, digest in wanted.items() if deployed.declared.get(name) != digest]
    if differing:
        raise StoreSchemaMismatch(
            f"What is deployed in Convex does not fit the declaration of {', '.join(differing)}: write "
            f"the schema anew with `estuary convex write`, and {DEPLOY}"
        )
