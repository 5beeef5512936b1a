"""The Convex store: the functions of one deployment, as the records of declared resources."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import msgspec

from estuary.core.errors import StoreNotMigrated, StoreQueryFailed, StoreSchemaMismatch
from estuary.core.ports import Observer
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.sources import Survey
from estuary.core.writes.writes import IdempotencyKey, Write
from estuary.stores.convex.api_keys import ConvexApiKeys
from estuary.stores.convex.collection import ConvexCollection, WriteAnswer, key_argument
from estuary.stores.convex.documents import fitting
from estuary.stores.convex.errors import DEPLOY
from estuary.stores.convex.functions import Functions
from estuary.stores.convex.loading import Loading
from estuary.stores.convex.schema import Indexed, declared, indexed
from estuary.stores.convex.snapshot import ConvexSnapshot

PROTOCOL = 1
"""The version of the protocol of the functions in `convex/`."""
REVISION = 8
"""The lowest within the protocol: from it on functions keep references, and API keys."""
NOT_FILLED = "Records in Convex are older than an index of {}: run `estuary migrate`"
_FILL_TIMEOUT = 60.0


class _Deployed(msgspec.Struct):
    protocol: float
    declared: Mapping[str, str]
    revision: float = 0
    indexed: Mapping[str, Indexed] = {}
    filled: frozenset[str] = frozenset()


class _Kept(msgspec.Struct):
    written: list[WriteAnswer]
    replayed: bool


_written = msgspec.json.Decoder(list[WriteAnswer])
_kept = msgspec.json.Decoder(_Kept)
_is_done = msgspec.json.Decoder(bool)


class ConvexStore:
    """Records of `resources` in the deployment at `origin`, a URL without a path.

    `timeout` (seconds) bounds every call. Without a deploy key only functions that were opened to the
    public can be called. With `fills` records that are older than their resource's indexes are completed
    when it is opened, and else by `migrate` alone. `observe` is called with the number of
    connections in use. Raises `DeclarationError` for more indexes than Convex keeps.
    """

    def __init__(
        self,
        origin: str,
        resources: Sequence[Resource],
        *,
        deploy_key: str | None = None,
        timeout: float = 5.0,
        fills: bool = True,
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
        self._api_keys = ConvexApiKeys(self._functions)
        self._fills = fills
        self._declared = declared(resources)
        self._indexed = indexed(resources)
        self._collections = {
            each.name: ConvexCollection(each, self._functions, self._argument) for each in resources
        }

    async def open(self) -> None:
        """Connect, compare what is deployed with what is declared, and complete older records.

        Raises `StoreUnavailable` or `StoreSchemaMismatch`.
        """
        async with self._looking() as looking:
            unfilled = await self._unfilled(looking)
            if unfilled and not self._fills:
                raise StoreNotMigrated(NOT_FILLED.format(", ".join(unfilled)))
            await _fill(looking, unfilled)
        self._functions.open()

    async def migrate(self, *, only_plan: bool) -> Sequence[str]:
        """Complete records that are older than their resource's indexes; see `Migratable`."""
        async with self._looking() as looking:
            unfilled = await self._unfilled(looking)
            if not only_plan:
                await _fill(looking, unfilled)
        return [f"-- complete the indexed fields of older records in {name}" for name in unfilled]

    async def close(self) -> None:
        """Finish accepted calls and let the connections go; a second call does nothing."""
        await self._functions.close()

    async def ping(self) -> None:
        """Return if the deployment answers; writes nothing, and calls no function that costs something."""
        await self._functions.ping()

    def collection(self, resource: Resource) -> ConvexCollection:
        """The collection of one of the store's resources."""
        return self._collections[resource.name]

    def api_keys(self) -> ConvexApiKeys:
        """The API keys, in a table of their own."""
        return self._api_keys

    async def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Sequence[Written]:
        """Make all of `writes` in one mutation, or none; raises `WriteRefused`."""
        collections = [self._collections[write.resource] for write in writes]
        arguments = {
            "writes": list(map(self._argument, writes)),
            "key": key_argument(key),
            "dry_run": dry_run,
        }
        answer = await self._functions.mutate("transact", arguments)
        if key is None:
            answers, replayed = fitting(_written, answer), False
        else:
            kept = fitting(_kept, answer)
            answers, replayed = kept.written, kept.replayed
        made = zip(collections, writes, answers, strict=True)
        left = [each.left_behind(write, answer, replayed=replayed) for each, write, answer in made]
        return [written.tried() for written in left] if dry_run else left

    def _argument(self, write: Write) -> Mapping[str, Any]:
        return self._collections[write.resource].argument(write)

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep all records of `batches` or none, and serve them in one step; the number of them."""
        referring = [each.name for each in self._resources if each.foreign_keys]
        return await Loading(self._functions, referring, replace=replace).run(batches)

    async def survey(self) -> Survey:
        """The deployed resources, with their numbers of records; see `Source`."""
        async with self.snapshot() as snapshot:
            return snapshot.survey

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[ConvexSnapshot]:
        """Every record that is there from beginning to end, not as of one moment; see `Source`."""
        async with self._looking() as looking:
            survey = await self._survey(looking)
            collections = {
                each.name: ConvexCollection(each, looking, self._argument) for each in self._resources
            }
            yield ConvexSnapshot(looking, survey, collections)

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[Functions]:
        looking = self._look()
        looking.open()
        try:
            yield looking
        finally:
            await looking.close()

    async def _unfilled(self, functions: Functions) -> Sequence[str]:
        """The resources with records that lack what their indexes need; raises as `open` does."""
        deployed = await self._deployed(functions)
        return [name for name in self._indexed if name not in deployed.filled]

    async def _deployed(self, functions: Functions) -> _Deployed:
        """What is deployed, which is what is declared; raises `StoreSchemaMismatch`."""
        deployed = await _deployed(functions)
        if deployed.protocol != PROTOCOL or deployed.revision < REVISION:
            raise StoreSchemaMismatch(
                "The functions in Convex are of another release of Estuary: "
                f"write them again with `estuary convex write`, and {DEPLOY}"
            )
        differing = [name for name in self._declared if not self._fits(name, deployed)]
        if differing:
            raise StoreSchemaMismatch(
                f"What is deployed in Convex does not fit the declaration of {', '.join(differing)}: write "
                f"the schema again with `estuary convex write`, and {DEPLOY}"
            )
        return deployed

    def _fits(self, name: str, deployed: _Deployed) -> bool:
        indexes = deployed.indexed.get(name)
        values = deployed.declared.get(name) == self._declared[name]
        return values and indexes is not None and indexes.serves(self._indexed[name])

    async def _survey(self, functions: Functions) -> Survey:
        deployed = await self._deployed(functions)
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


async def _fill(functions: Functions, resources: Sequence[str]) -> None:
    """Complete every record of `resources`; several processes may do so at once, and share the work."""
    for name in resources:
        done = False
        while not done:
            answer = await functions.mutate("fill", {"resource": name}, seconds=_FILL_TIMEOUT)
            done = fitting(_is_done, answer)
