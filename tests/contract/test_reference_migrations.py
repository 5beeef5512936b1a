"""References come to tables that are there, and go; the same on every engine with tables."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Self

import pytest
from msgspec import Meta, Struct

from estuary import Ref, Resource
from estuary.core.errors import Referenced, ReferenceMissing, StoreNotMigrated, StoreSchemaMismatch
from estuary.core.record import Record
from estuary.stores.postgres import PostgresStore
from estuary.stores.sql.migrations.policy import Policy
from estuary.stores.sqlite import SqliteStore
from tests.contract.making import LATER, TIMEOUT, make_id
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.servers import shared

TableStore = SqliteStore | PostgresStore
Make = Callable[..., TableStore]


class Maker(Struct, frozen=True):
    """Who makes parts."""

    name: str


class Plain(Struct, frozen=True, kw_only=True):
    """A part before it refers to anything."""

    name: Annotated[str, Meta(max_length=20)] = "a part"
    maker: str | None = None


class Referring(Struct, frozen=True, kw_only=True):
    """A part that refers to its maker."""

    name: Annotated[str, Meta(max_length=20)] = "a part"
    maker: Annotated[str, Ref("makers")] | None = None


class Stricter(Struct, frozen=True, kw_only=True):
    """The same with a rule that has SQLite make the table again."""

    name: Annotated[str, Meta(max_length=10)] = "a part"
    maker: Annotated[str, Ref("makers")] | None = None


class Elsewhere(Struct, frozen=True, kw_only=True):
    """A part whose maker is one of the parts."""

    name: Annotated[str, Meta(max_length=20)] = "a part"
    maker: Annotated[str, Ref("parts")] | None = None


class Added(Struct, frozen=True, kw_only=True):
    """A part with another reference."""

    name: Annotated[str, Meta(max_length=20)] = "a part"
    maker: Annotated[str, Ref("makers")] | None = None
    seller: Annotated[str, Ref("makers", on_delete="set_null")] | None = None


MAKERS = Resource("makers", Maker)


@pytest.fixture(params=["sqlite", "postgres"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes stores on one database, which is empty at first."""
    if request.param == "postgres":
        shared.postgres().empty()

    def store(declared: type[Struct], policy: Policy = Policy.AUTO) -> TableStore:
        resources = [Resource("parts", declared), MAKERS]
        if request.param == "sqlite":
            return SqliteStore(tmp_path / "estuary.db", resources, timeout=TIMEOUT, policy=policy)
        return PostgresStore(shared.postgres().url, resources, timeout=TIMEOUT, policy=policy)

    return store


class Workshop:
    """What is in a store that is open."""

    def __init__(self, store: TableStore, declared: type[Struct]) -> None:
        self.store = store
        self._declared = declared
        self.parts: Collection = awaited(store.collection(Resource("parts", declared)))
        self.makers: Collection = awaited(store.collection(MAKERS))

    async def __aenter__(self) -> Self:
        await self.store.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def add(self, number: int, maker: str | None = None) -> None:
        """Keep a part."""
        value = self._declared(maker=maker)
        await self.parts.insert(Record(make_id(number), 1, START, START, value))

    async def hire(self, number: int) -> None:
        """Keep a maker."""
        await self.makers.insert(Record(make_id(number), 1, START, START, Maker("Ada")))


def workshop(make: Make, declared: type[Struct], policy: Policy = Policy.AUTO) -> Workshop:
    """The store's collections, which are open within `async with`."""
    return Workshop(make(declared, policy), declared)


async def test_orphans_stand_in_the_way(make: Make) -> None:
    """The error has their number and three ids, and nothing changes; without them the reference is kept."""
    async with workshop(make, Plain) as before:
        await before.hire(1)
        await before.add(11, make_id(1))
        for number in range(21, 26):
            await before.add(number, make_id(number))
        await before.add(30, "no id at all")
    message = (
        f"Table parts: field maker is declared to refer to makers, and 6 records refer to none of them "
        rf"\({make_id(21)}, {make_id(22)}, {make_id(23)}, …\); change or remove them first"
    )
    with pytest.raises(StoreSchemaMismatch, match=message):
        await make(Referring).open()
    with pytest.raises(StoreSchemaMismatch, match=message):
        await make(Referring).migrate(only_plan=True)
    async with workshop(make, Plain) as again:
        for number in (21, 22, 23, 24, 25, 30):
            await again.parts.update(make_id(number), {"maker": None}, LATER)
    with pytest.raises(StoreNotMigrated):
        await make(Referring, Policy.CHECK).open()
    await _demand_kept(make, Referring)


async def _demand_kept(make: Make, declared: type[Struct]) -> None:
    """The reference of the part 11 to the maker 1 is kept, and so are others."""
    async with workshop(make, declared) as kept:
        with pytest.raises(ReferenceMissing, match="maker"):
            await kept.add(40, make_id(99))
        with pytest.raises(ReferenceMissing, match="maker"):
            await kept.parts.update(make_id(11), {"maker": make_id(99)}, LATER)
        with pytest.raises(Referenced):
            await kept.makers.delete(make_id(1))


async def test_a_plan_is_what_is_done(make: Make) -> None:
    """And done once; large tables of PostgreSQL are checked while others write to them."""
    async with workshop(make, Plain) as before:
        await before.hire(1)
        await before.add(11, make_id(1))
    planned = await make(Referring).migrate(only_plan=True)
    assert planned == await make(Referring).migrate(only_plan=False)
    assert [] == await make(Referring).migrate(only_plan=True)
    if isinstance(make(Referring), PostgresStore):
        added, checked = (_place(planned, text) for text in ("NOT VALID", "VALIDATE CONSTRAINT"))
        assert added < _place(planned, "INDEX CONCURRENTLY") < checked
    await _demand_kept(make, Referring)


def _place(statements: Sequence[str], text: str) -> int:
    return next(place for place, statement in enumerate(statements) if text in statement)


async def test_a_field_that_is_new_refers_to_nothing(make: Make) -> None:
    """In records that were there."""
    async with workshop(make, Referring) as before:
        await before.hire(1)
        await before.add(11, make_id(1))
    async with workshop(make, Added) as after:
        assert None is (await after.parts.get(make_id(11))).value.seller  # type: ignore[attr-defined]
        with pytest.raises(ReferenceMissing, match="seller"):
            await after.parts.update(make_id(11), {"seller": make_id(99)}, LATER)
    await _demand_kept(make, Added)


async def test_a_table_that_is_made_again_keeps_its_references(make: Make) -> None:
    """Those of its own, and those to it."""
    async with workshop(make, Referring) as before:
        await before.hire(1)
        await before.add(11, make_id(1))
    await make(Stricter).migrate(only_plan=False)
    assert [] == await make(Stricter).migrate(only_plan=True)
    await _demand_kept(make, Stricter)


async def test_a_reference_that_is_not_declared_any_more_goes_with_a_migration(make: Make) -> None:
    """Not before: another release may still serve with it."""
    async with workshop(make, Referring) as before:
        await before.hire(1)
        await before.add(11, make_id(1))
    async with workshop(make, Plain) as between:
        with pytest.raises(Referenced):
            await between.makers.delete(make_id(1))
    await make(Plain).migrate(only_plan=False)
    async with workshop(make, Plain) as after:
        await after.makers.delete(make_id(1))
        await after.add(12, "anything")


async def test_another_target_is_another_reference(make: Make) -> None:
    """What refers to the former one stands in its way."""
    async with workshop(make, Referring) as before:
        await before.hire(1)
        await before.add(11, make_id(1))
    with pytest.raises(StoreSchemaMismatch, match="refer to parts, and 1 record refers to none"):
        await make(Elsewhere).migrate(only_plan=False)
    async with workshop(make, Referring) as again:
        await again.parts.update(make_id(11), {"maker": None}, LATER)
    await make(Elsewhere).migrate(only_plan=False)
    async with workshop(make, Elsewhere) as after:
        await after.parts.update(make_id(11), {"maker": make_id(11)}, LATER)
        with pytest.raises(ReferenceMissing):
            await after.add(12, make_id(1))
        await after.makers.delete(make_id(1))
