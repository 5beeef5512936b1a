"""Records that are older than an index: they are completed, so that Convex has them in the API's order."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from estuary.core.errors import StoreNotMigrated, StoreSchemaMismatch, UniqueConflict
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.convex.functions import Functions
from estuary.stores.convex.store import ConvexStore
from tests.contract.making import TIMEOUT, dice, make_id
from tests.support.clocks import START
from tests.support.members import EMAIL, MEMBERS, member
from tests.support.queries import MOORINGS, mooring
from tests.support.servers.convex import DEPLOY_KEY, Deployment

PLAN = ["-- complete the indexed fields of older records in moorings"]
TIME = "2026-01-01T00:00:00.000000Z"


def document(number: int, **value: Any) -> dict[str, Any]:
    """As an earlier release kept a mooring: without fields that came later, and times without zeros."""
    given = {"name": "old", "depth": 1, "length": 1.5, "free": True, "side": "port", "tags": []}
    return {
        "generation": "",
        "position": f"{TIME}/{make_id(number)}",
        "id": make_id(number),
        "version": 1,
        "created_at": TIME,
        "updated_at": TIME,
        "owner": "",
        "value": {**given, "since": "2026-01-01T00:00:00Z", **value},
    }


@pytest.fixture
def old(deployment: Deployment) -> Deployment:
    """A deployment with more records than are completed in one go."""
    deployment.keep("moorings", [document(number) for number in range(501)])
    deployment.keep("moorings", [document(501, since="2026-01-01T00:00:00.25Z", note="kept")])
    return deployment


def store_in(deployment: Deployment, *, fills: bool) -> ConvexStore:
    """A store of moorings, which is not open."""
    return ConvexStore(deployment.url, [MOORINGS], deploy_key=DEPLOY_KEY, timeout=TIMEOUT, fills=fills)


@asynccontextmanager
async def opened(store: ConvexStore) -> AsyncIterator[ConvexStore]:
    """The store, open."""
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def test_a_store_completes_older_records_when_it_is_opened(old: Deployment) -> None:
    """With their defaults, and times with all digits; what is no part of an index stays as it was."""
    async with opened(store_in(old, fills=True)):
        values = {each["id"]: each["value"] for each in old.kept("moorings")}
    completed = {"since": "2026-01-01T00:00:00.000000Z", "until": None, "note": None, "rings": None}
    assert completed.items() <= values[make_id(500)].items()
    assert ("2026-01-01T00:00:00.250000Z", "kept") == tuple(
        values[make_id(501)][name] for name in ("since", "note")
    )
    assert "buoy" not in values[make_id(0)]


async def test_where_a_store_does_not_migrate_it_waits(old: Deployment) -> None:
    """For `estuary migrate`, which says before what it will do, and does it once."""
    store = store_in(old, fills=False)
    with pytest.raises(StoreNotMigrated, match="moorings: run `estuary migrate`"):
        await store.open()
    assert PLAN == await store.migrate(only_plan=True)
    assert "until" not in old.kept("moorings")[0]["value"]
    assert PLAN == await store.migrate(only_plan=False)
    assert "until" in old.kept("moorings")[500]["value"]
    assert [] == await store.migrate(only_plan=True)
    async with opened(store):
        pass


async def test_completing_goes_on_where_it_was_broken_off(old: Deployment) -> None:
    """Whoever is next: what is done is not looked at again."""
    functions = Functions(old.url, DEPLOY_KEY, timeout=TIMEOUT)
    functions.open()
    answers = [bytes(await functions.mutate("fill", {"resource": "moorings"})) for _ in range(3)]
    await functions.close()
    assert [b"false", b"true", b"true"] == answers
    assert 1 == old.rows("estuary_filled")


async def test_what_is_written_is_completed(deployment: Deployment) -> None:
    """Whatever release of Estuary writes it: replicas of the last one go on for a while."""
    async with opened(store_in(deployment, fills=True)):
        functions = Functions(deployment.url, DEPLOY_KEY, timeout=TIMEOUT)
        functions.open()
        sent = document(1)
        record = {name: sent[name] for name in sent if name not in ("generation", "position")}
        await functions.mutate("insert", {"resource": "moorings", "key": None, "record": record})
        (inserted,) = deployment.kept("moorings")
        changes = {"changes": {"until": "2026-02-01T00:00:00Z"}, "updated_at": TIME}
        target = {"resource": "moorings", "id": make_id(1), "owner": None, "expected_version": None}
        await functions.mutate("update", {"key": None, **target, **changes})
        await functions.close()
    (updated,) = deployment.kept("moorings")
    assert (TIME, None) == (inserted["value"]["since"], inserted["value"]["until"])
    assert "2026-02-01T00:00:00.000000Z" == updated["value"]["until"]


async def _batch(records: Sequence[Record]) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    yield MOORINGS, records


async def test_what_is_loaded_need_not_be_completed(deployment: Deployment) -> None:
    """A restored store is served at once; what was known of the records before goes with them."""
    store = store_in(deployment, fills=True)
    async with opened(store):
        await store.load(_batch([mooring(dice(1), make_id(1))]), replace=True)
        assert [] == await store.migrate(only_plan=True)


def older_member(number: int, **value: Any) -> dict[str, Any]:
    """As an earlier release kept a member, before any key was unique."""
    return document(number) | {"value": {"email": f"m{number}@example.org", **value}}


async def test_older_records_are_in_the_way_of_new_ones(deployment: Deployment) -> None:
    """Once they are completed, in a case of their own too."""
    deployment.keep("members", [older_member(1, email="Ada@example.org")])
    store = ConvexStore(deployment.url, [MEMBERS], deploy_key=DEPLOY_KEY, timeout=TIMEOUT)
    async with opened(store):
        members = store.collection(MEMBERS)
        with pytest.raises(UniqueConflict):
            await members.insert(Record(make_id(2), 1, START, START, member(2, email="ada@EXAMPLE.org")))
        assert [make_id(1)] == [one.id for one in (await members.find(EMAIL, ("ADA@example.org",))).records]


@pytest.mark.parametrize(
    ("value", "fields"),
    [({"email": "M1@example.org"}, "email"), ({"team": "red", "shirt": 1}, "team, shirt")],
)
async def test_unique_keys_over_duplicates_are_refused(
    deployment: Deployment, value: dict[str, Any], fields: str
) -> None:
    """The first of them is named, and what to do; records stay as they are."""
    deployment.keep("members", [older_member(1, team="red", shirt=1), older_member(2, **value)])
    store = ConvexStore(deployment.url, [MEMBERS], deploy_key=DEPLOY_KEY, timeout=TIMEOUT)
    with pytest.raises(StoreSchemaMismatch, match=f"members .* {fields} is declared Unique: .*change or"):
        await store.open()
    assert "email__folded" not in deployment.kept("members")[0]["value"]
