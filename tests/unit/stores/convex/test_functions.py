"""What runs inside Convex: bounded in what it reads, closed to strangers, and cleaning up behind itself."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from estuary.core.errors import StoreNotEmpty, StoreSchemaMismatch, StoreUnavailable
from estuary.core.items import ITEMS
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import KEY_LIFETIME, IdempotencyKey, WriteOptions
from estuary.stores.convex.documents import Documents
from estuary.stores.convex.functions import Functions
from estuary.stores.convex.store import ConvexStore
from tests.contract.making import LATER, TIMEOUT, insert_all, make_id, make_record, owned, position_of
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.resources import VESSELS
from tests.support.servers import shared
from tests.support.servers.convex import DEPLOY_KEY, ConvexHost, Deployment, convex_host
from tests.support.waiting import until

_CALLS = (
    *(("query", name) for name in ("count", "get", "page", "slice", "select")),
    *(("mutation", name) for name in ("remove", "discardLoad")),
)


async def called(deployment: Deployment, kind: str, path: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the deployment answers to a call without a deploy key."""
    body = {"path": path, "args": arguments, "format": "json"}
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        answer = await client.post(f"{deployment.url}/api/{kind}", json=body)
    reported: dict[str, Any] = answer.json()
    return reported


async def batches(records: Sequence[Record]) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    """One batch."""
    yield ITEMS, records


async def opened(deployment: Deployment, deploy_key: str | None = DEPLOY_KEY) -> ConvexStore:
    """An open store in a deployment."""
    store = ConvexStore(deployment.url, [ITEMS], deploy_key=deploy_key, timeout=60)
    await store.open()
    return store


class TestOffsets:
    """Lists by offset read what they show, and a bounded number of records more."""

    @pytest.fixture
    async def narrow(self, request: pytest.FixtureRequest) -> AsyncIterator[ConvexStore]:
        """A store whose functions may read so many documents, where Convex allows 32,000."""
        deployment = Deployment(shared.convex(), {"documentsRead": request.param})
        store = await opened(deployment)
        yield store
        await store.close()
        deployment.forget()

    @pytest.mark.parametrize("narrow", [2500], indirect=True)
    async def test_in_a_list_that_was_loaded(self, narrow: ConvexStore) -> None:
        """4,000 records, the last of them first, and every part of them can be listed."""
        records = [make_record(number) for number in range(4000)]
        await narrow.load(batches(records[::-1]), replace=False)
        items = awaited(narrow.collection(ITEMS))
        for offset in (0, 255, 256, 1500, 3300, 3900):
            assert (records[offset : offset + 100], 4000) == tuple(await items.slice(offset, 100))

    @pytest.mark.parametrize("narrow", [2000], indirect=True)
    async def test_in_a_list_that_grew(self, narrow: ConvexStore) -> None:
        """2,200 records, one by one, of which some were removed again."""
        items = awaited(narrow.collection(ITEMS))
        records = [make_record(number) for number in range(2200)]
        await insert_all(items, records)
        for number in (3, 100, 700):
            await items.delete(make_id(number))
            records.remove(make_record(number))
        for offset in (0, 600, 2150):
            assert (records[offset : offset + 20], 2197) == tuple(await items.slice(offset, 20))

    @pytest.mark.parametrize("narrow", [2500], indirect=True)
    async def test_in_the_lists_of_many_owners(self, narrow: ConvexStore) -> None:
        """Each owner's list counts by itself, and none costs the others anything."""
        records = [owned(make_record(number), f"owner {number % 200}") for number in range(3000)]
        await narrow.load(batches(records), replace=False)
        items = awaited(narrow.collection(ITEMS))
        for number in (0, 7, 199):
            own = records[number::200]
            assert (own[10:], 15) == tuple(await items.slice(10, 100, f"owner {number}"))
        assert (records[2800:2900], 3000) == tuple(await items.slice(2800, 100))

    @pytest.mark.parametrize("narrow", [30], indirect=True)
    async def test_at_an_end_that_is_too_far(self, narrow: ConvexStore) -> None:
        """Beyond the total nothing is read at all."""
        items = awaited(narrow.collection(ITEMS))
        await items.insert(make_record(1))
        assert ([], 1) == tuple(await items.slice(2**53, 20))


async def test_large_records_come_in_parts(store: ConvexStore, items: Collection) -> None:
    """A list that is too long for one answer is put together from several, and looks like any other."""
    records = [
        Record(make_id(n), 1, START, START, ITEMS.value_type(name="x", description="\N{ROCKET}" * 150_000))
        for n in range(12)
    ]
    await store.load(batches(records), replace=False)
    assert records == list(await items.page(None, 20))
    assert records[1:] == list(await items.page(position_of(records[0]), 11))
    assert (records[2:11], 12) == tuple(await items.slice(2, 9))


class TestWithoutKey:
    """Without a deploy key only what was opened to the public can be called."""

    @pytest.fixture
    def public_host(self) -> Iterator[ConvexHost]:
        """A host whose deployments are open."""
        with convex_host(variables={"ESTUARY_PUBLIC": "true"}) as host:
            yield host

    async def test_the_functions_are_closed_by_default(self, deployment: Deployment) -> None:
        """Estuary says both ways out."""
        with pytest.raises(StoreSchemaMismatch, match=r"CONVEX_DEPLOY_KEY.*ESTUARY_PUBLIC"):
            await opened(deployment, None)

    async def test_no_function_answers_a_stranger(self, deployment: Deployment) -> None:
        """Neither the internal ones nor any public one."""
        store = await opened(deployment)
        await awaited(store.collection(ITEMS)).insert(make_record(1))
        await store.close()
        for kind, name in _CALLS:
            arguments = _ARGUMENTS[name] | ({"request": "x"} if kind == "mutation" else {})
            internal = await called(deployment, kind, f"records:{name}", arguments)
            assert "Could not find public function" in internal["errorMessage"]
            public = await called(deployment, kind, f"public:{name}", arguments)
            assert {"code": "NotPublic"} == public["errorData"]

    async def test_an_open_deployment_works(self, public_host: ConvexHost) -> None:
        """Everything does, loads included."""
        deployment = Deployment(public_host)
        store = await opened(deployment, None)
        items = awaited(store.collection(ITEMS))
        await items.insert(make_record(1))
        await items.update(make_id(1), {"name": "changed"}, LATER)
        with pytest.raises(StoreNotEmpty):
            await store.load(batches([make_record(2)]), replace=False)
        assert 1 == await store.load(batches([make_record(2)]), replace=True)
        await items.delete(make_id(2))
        assert (0, [None]) == (await items.count(), [*{each["credentials"] for each in deployment.seen()}])
        await store.close()

    async def test_a_wrong_key_is_told(self, deployment: Deployment) -> None:
        """It is not taken for no key."""
        with pytest.raises(StoreUnavailable, match="CONVEX_DEPLOY_KEY"):
            await opened(deployment, "prod:other|a2V5")


_ARGUMENTS: dict[str, dict[str, Any]] = {
    "count": {"resource": "items", "owner": None},
    "get": {"resource": "items", "owner": None, "id": make_id(1)},
    "page": {"resource": "items", "owner": None, "after": "", "limit": 1},
    "slice": {"resource": "items", "owner": None, "offset": 0, "limit": 1},
    "select": {
        "resource": "items",
        "owner": None,
        "selection": {
            "ids": None,
            "where": [],
            "ranges": [],
            "backwards": False,
            "exact": True,
            "sort": [],
            "after": None,
        },
        "offset": 0,
        "limit": 1,
        "counted": True,
        "at_most": None,
    },
    "remove": {
        "resource": "items",
        "owner": None,
        "id": make_id(1),
        "expected_version": None,
        "key": None,
    },
    "discardLoad": {"generation": "x"},
}


class TestOpening:
    """What is deployed is compared with what is declared, before anything else is done."""

    async def test_a_resource_that_is_not_deployed(self, deployment: Deployment) -> None:
        """The message says which, and what to do."""
        gone = Resource("gone", ITEMS.value_type)
        store = ConvexStore(deployment.url, [ITEMS, gone], deploy_key=DEPLOY_KEY)
        with pytest.raises(
            StoreSchemaMismatch, match=r"declaration of gone: .*convex write.*convex deploy"
        ):
            await store.open()

    async def test_a_resource_that_was_declared_otherwise(self, deployment: Deployment) -> None:
        """Same name, other fields: not the table that is wanted."""
        other = Resource("items", VESSELS.value_type)
        with pytest.raises(StoreSchemaMismatch, match="declaration of items"):
            await ConvexStore(deployment.url, [other], deploy_key=DEPLOY_KEY).open()

    @pytest.mark.parametrize(
        ("protocol", "revision"), [(2.0, {"revision": 1.0}), (1.0, {}), (1.0, {"revision": 0.0})]
    )
    async def test_functions_of_another_release(
        self, deployment: Deployment, protocol: float, revision: dict[str, float]
    ) -> None:
        """A protocol that this release does not speak, or functions that keep keys without owners."""
        value = {"protocol": protocol, "declared": {}} | revision
        answer = {"status": "success", "value": value}
        with (
            deployment.failing({"answers": [[200, {}, json.dumps(answer)]]}),
            pytest.raises(StoreSchemaMismatch, match="another release"),
        ):
            await opened(deployment)

    @pytest.mark.parametrize("message", ["Could not find public function for 'records:describe'.", ""])
    async def test_functions_that_are_not_deployed(self, deployment: Deployment, message: str) -> None:
        """Also where Convex, in production, does not say why it failed."""
        answer = json.dumps({"status": "error", "errorMessage": f"[Request ID: 1] Server Error\n{message}"})
        with (
            deployment.failing({"answers": [[200, {}, answer]]}),
            pytest.raises(StoreSchemaMismatch, match="npx convex deploy"),
        ):
            await opened(deployment)


async def test_the_deploy_key_is_in_no_text(deployment: Deployment) -> None:
    """Neither a store's repr nor its errors, with all their causes, hold the key."""
    store = await opened(deployment)
    texts = [repr(store), repr(awaited(store.collection(ITEMS))), repr(vars(store))]
    for how in ("refuse", "reset", {"answers": [[401, {}, ""]]}):
        with deployment.failing(how), pytest.raises(StoreUnavailable) as raised:
            await awaited(store.collection(ITEMS)).count()
        error: BaseException | None = raised.value
        while error is not None:
            texts += [str(error), repr(error)]
            error = error.__cause__ or error.__context__
    await store.close()
    assert [] == [text for text in texts if DEPLOY_KEY in text or "c2VjcmV0" in text]


async def test_every_request_carries_the_key(store: ConvexStore, deployment: Deployment) -> None:
    """As Convex's documents say: `Authorization: Convex KEY`."""
    await awaited(store.collection(ITEMS)).count()
    assert [f"Convex {DEPLOY_KEY}"] == [request["credentials"] for request in deployment.seen()]


async def test_expired_keys_are_removed_a_few_at_a_time(items: Collection, deployment: Deployment) -> None:
    """Later writes with keys take away old ones, never more than three each, and no young one."""

    def options(number: int, days: int) -> WriteOptions:
        return WriteOptions(key=IdempotencyKey("", "", f"{number}", "f", START + timedelta(days=days)))

    for number in range(40):
        await items.insert(make_record(number), options(number, 0))
    before = deployment.rows("estuary_keys")
    for number in range(40, 200):
        await items.insert(make_record(number), options(number, 2))
        now = deployment.rows("estuary_keys")
        assert before - 2 <= now <= before + 1
        before = now
    assert 160 == before
    assert (await items.insert(make_record(999), options(199, 2))).replayed
    assert KEY_LIFETIME == timedelta(days=1)


async def test_keys_of_an_estuary_that_knew_no_owners(items: Collection, deployment: Deployment) -> None:
    """It goes on working with these functions; its keys are replayed to the owner of the record alone."""
    functions = Functions(deployment.url, DEPLOY_KEY, timeout=60)
    functions.open()
    hers, unowned = owned(make_record(1), "her"), make_record(2)
    for record in (hers, unowned):
        key = {"subject": "s", "text": record.id, "fingerprint": "print", "now": 0, "expires_at": 9e15}
        arguments = {"resource": "items", "key": key, "record": Documents(ITEMS).document(record)}
        for replayed in (False, True):
            answer = await functions.mutate("insert", arguments)
            assert replayed == msgspec.json.decode(answer)["replayed"]
    await functions.close()

    def options(record: Record, owner: str = "", fingerprint: str = "print") -> WriteOptions:
        return WriteOptions(owner or None, None, IdempotencyKey("s", owner, record.id, fingerprint, LATER))

    assert Written(hers, replayed=True) == await items.insert(
        make_record(9), options(hers, "her", "printher")
    )
    assert Written(unowned, replayed=True) == await items.insert(make_record(9), options(unowned))
    his = [owned(make_record(number), "him") for number in (10, 11)]
    for record, theirs in zip(his, (hers, unowned), strict=True):
        assert Written(record) == await items.insert(record, options(theirs, "him", "printhim"))
    other = owned(make_record(12), "her")
    assert Written(other) == await items.insert(other, options(unowned, "her", "printher"))


async def test_what_a_load_replaced_is_removed(
    store: ConvexStore, items: Collection, deployment: Deployment
) -> None:
    """The old generation, its totals and blocks go in the background; the new one stays."""
    old, new = ([make_record(number) for number in range(start, start + 1500)] for start in (0, 5000))
    await store.load(batches(old), replace=False)
    blocks = deployment.rows("estuary_blocks")
    await store.load(batches(new), replace=True)
    await until(lambda: deployment.rows("estuary_loads") == 0, seconds=60)
    assert (1500, blocks) == (deployment.rows("items"), deployment.rows("estuary_blocks"))
    assert (new[:20], 1500) == tuple(await items.slice(0, 20))


async def test_a_load_that_broke_off_is_removed(
    store: ConvexStore, items: Collection, deployment: Deployment
) -> None:
    """Nothing of it is served, and soon nothing of it is left."""

    async def broken() -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
        yield ITEMS, [make_record(number) for number in range(300)]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.load(broken(), replace=False)
    assert 0 == await items.count()
    await until(lambda: deployment.rows("estuary_loads") + deployment.rows("items") == 0, seconds=60)
