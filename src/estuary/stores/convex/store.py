"""The Convex store: the functions of one deployment, as the records of declared resources."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256

import msgspec

from estuary.core.errors import StoreQueryFailed, StoreSchemaMismatch
from estuary.core.ports import Observer
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.sources import Survey
from estuary.core.writes import Write
from estuary.stores.convex.collection import ConvexCollection
from estuary.stores.convex.documents import fitting
from estuary.stores.convex.errors import DEPLOY
from estuary.stores.convex.functions import Functions
from estuary.stores.convex.loading import Loading
from estuary.stores.convex.schema import declared
from estuary.stores.convex.snapshot import ConvexSnapshot

PROTOCOL = 1
"""Of the functions in `convex/`."""
REVISION = 2
"""The lowest within the protocol: from it on functions keep idempotency keys by their owners, too."""


class _Deployed(msgspec.Struct):
    protocol: float
    declared: Mapping[str, str]
    revision: float = 0


_written = msgspec.json.Decoder(list[msgspec.Raw])


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
        self._origin = origin
        self._resources = tuple(resources)

        # Apart from what serves: nothing is asked for before it is known that the functions fit. A function
        # of its own, not a partial one: that would show the key to whatever prints the store.
        def look() -> Functions:
            return Functions(origin, deploy_key, timeout=timeout)

        self._look = look
        self._functions = Functions(origin, deploy_key, timeout=timeout, observe=observe)
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

    async def transact(self, writes: Sequence[Write]) -> Sequence[Written]:
        """Make all of `writes` in one mutation, or none; raises `WriteRefused`."""
        collections = [self._collections[write.resource] for write in writes]
        asked = [each.argument(write) for each, write in zip(collections, writes, strict=True)]
        answers = fitting(_written, await self._functions.mutate("transact", {"writes": asked}))
        made = zip(collections, writes, answers, strict=True)
        return [each.left_behind(write, answer) for each, write, answer in made]

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep all records of `batches` or none, and serve them in one step; the number of them."""
        return await Loading(self._functions, replace=replace).run(batches)

    async def survey(self) -> Survey:
        """What is deployed, and how much there is of it; see `Source`."""
        async with self.snapshot() as snapshot:
            return snapshot.survey

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[ConvexSnapshot]:
        """Every record that is there from beginning to end, not as of one moment; see `Source`."""
        looking = self._look()
        looking.open()
        try:
            survey = await self._survey(looking)
            collections = {each.name: ConvexCollection(each, looking) for each in self._resources}
            yield ConvexSnapshot(looking, survey, collections)
        finally:
            await looking.close()

    async def _survey(self, functions: Functions) -> Survey:
        deployed = await _deployed(functions)
        _demand(deployed, self._declared)
        counts = {name: await _count(functions, name) for name in deployed.declared}
        return Survey(
            sha256(f"convex:{self._origin}".encode()).hexdigest()[:32],
            sum(counts[name] for name in self._declared),
            {name: count for name, count in counts.items() if name not in self._declared and count},
            {},
        )


async def _count(functions: Functions, name: str) -> int:
    total = await functions.query("count", {"resource": name, "owner": None})
    return int(msgspec.json.decode(total, type=float))


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
            f"write them again with `estuary convex write`, and {DEPLOY}"
        )
    differing = [name for name, digest in wanted.items() if deployed.declared.get(name) != digest]
    if differing:
        raise StoreSchemaMismatch(
            f"What is deployed in Convex does not fit the declaration of {', '.join(differing)}: write "
            f"the schema again with `estuary convex write`, and {DEPLOY}"
        )
