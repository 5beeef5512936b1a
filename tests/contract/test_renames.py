"""A field that is renamed keeps what its records hold; the same on every engine with tables."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import pytest
from msgspec import Meta, Struct

from estuary import Index, Ref, Resource, Unique, Was
from estuary.core.errors import (
    ReferenceMissing,
    StoreNotMigrated,
    StoreQueryFailed,
    StoreSchemaMismatch,
    UniqueConflict,
)
from estuary.core.record import Record
from estuary.stores.postgres import PostgresStore
from estuary.stores.sql.migrations.policy import Policy
from estuary.stores.sqlite import SqliteStore
from tests.contract.making import LATER, TIMEOUT, make_id, once, record_of
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.servers import shared

TableStore = SqliteStore | PostgresStore
Make = Callable[..., TableStore]
Name = Annotated[str, Meta(max_length=20)]


class Maker(Struct, frozen=True):
    """Who makes parts."""

    name: str


class Part(Struct, frozen=True, kw_only=True):
    """A part as it was first declared, with all that depends on a field's name."""

    code: Annotated[str, Unique(fold_case=True), Meta(min_length=1, max_length=20)]
    amount: Annotated[int, Index, Meta(ge=0)] = 3
    maker: Annotated[str, Ref("makers")] | None = None


class Renamed(Struct, frozen=True, kw_only=True):
    """The same under other names."""

    serial: Annotated[str, Was("number", "code"), Unique(fold_case=True), Meta(min_length=1, max_length=20)]
    stock: Annotated[int, Was("amount"), Index, Meta(ge=0)] = 3
    producer: Annotated[str, Was("maker"), Ref("makers")] | None = None


class Changed(Struct, frozen=True, kw_only=True):
    """Renamed, and at the same time of other rules, of another type, and without its marker."""

    serial: Annotated[str, Was("code"), Meta(max_length=4)] | None = None
    stock: Annotated[float, Was("amount"), Unique, Meta(le=9)] | None = None
    producer: Annotated[str, Was("maker")] = "nobody"


class Narrower(Struct, frozen=True, kw_only=True):
    """Renamed, and at the same time held to more."""

    serial: Annotated[str, Was("code"), Meta(max_length=4)]
    stock: Annotated[int, Was("amount"), Unique, Meta(le=9)] | None = None


MAKERS = Resource("makers", Maker)
BEFORE = Resource("parts", Part, indexes=[("amount", "-code")], unique=[("code", "amount")])
AFTER = Resource("parts", Renamed, indexes=[("stock", "-serial")], unique=[("serial", "stock")])
BOLT = Part(code="bolt", amount=7, maker=make_id(0))


@pytest.fixture(params=["sqlite", "postgres"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes stores on one database, which is empty at first."""
    if request.param == "postgres":
        shared.postgres().empty()

    def store(declared: Resource | type[Struct], policy: Policy = Policy.AUTO) -> TableStore:
        parts = declared if isinstance(declared, Resource) else Resource("parts", declared)
        if request.param == "sqlite":
            path = tmp_path / "estuary.db"
            return SqliteStore(path, [parts, MAKERS], timeout=TIMEOUT, policy=policy)
        return PostgresStore(shared.postgres().url, [parts, MAKERS], timeout=TIMEOUT, policy=policy)

    return store


def record(number: int, value: Any, owner: str = "") -> Record:
    """A record of this value."""
    return Record(make_id(number), 1, START, START, value, owner)


class Workshop:
    """An open store of parts and makers."""

    def __init__(self, store: TableStore, declared: Resource) -> None:
        self.store = store
        self.parts: Collection = awaited(store.collection(declared))
        self.makers: Collection = awaited(store.collection(MAKERS))

    async def __aenter__(self) -> Self:
        await self.store.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()


async def keep(make: Make, *values: Struct, declared: Resource = BEFORE) -> None:
    """Make the first tables, with a maker and these parts."""
    async with Workshop(make(declared), declared) as workshop:
        await workshop.makers.insert(record(0, Maker("Ada")))
        for number, value in enumerate(values):
            await workshop.parts.insert(record(number, value, "her"))


async def values_of(make: Make, declared: Resource | type[Struct]) -> Sequence[Any]:
    """The values of all parts, read without migrating."""
    named = declared if isinstance(declared, Resource) else Resource("parts", declared)
    async with Workshop(make(named, Policy.CHECK), named) as workshop:
        return [one.value for one in await workshop.parts.page(None, 100)]


async def test_what_was_kept_is_there_under_the_new_name(make: Make) -> None:
    """With its keys, references, rules and defaults; by a migration alone, and listed in its plan."""
    await keep(make, BOLT, Part(code="nut"))
    with pytest.raises(StoreNotMigrated):
        await make(AFTER, Policy.CHECK).open()
    plan = await make(AFTER).migrate(only_plan=True)
    assert plan == await make(AFTER).migrate(only_plan=False)
    assert [] == list(await make(AFTER).migrate(only_plan=True))
    bolt, nut = Renamed(serial="bolt", stock=7, producer=make_id(0)), Renamed(serial="nut")
    assert [bolt, nut] == await values_of(make, AFTER)

    async with Workshop(make(AFTER, Policy.CHECK), AFTER) as workshop:
        with pytest.raises(UniqueConflict):
            await workshop.parts.insert(record(7, Renamed(serial="BOLT"), "her"))
        with pytest.raises(ReferenceMissing):
            await workshop.parts.insert(record(7, Renamed(serial="x", producer=make_id(9))))
        with pytest.raises(StoreQueryFailed):
            await workshop.parts.insert(record(7, Renamed(serial="x", stock=-1)))
        assert 2 == await workshop.parts.count("her")


async def test_indexes_and_references_of_a_server_are_renamed_with_their_columns() -> None:
    """None is made again, which would take a large table hours, and no record is looked at."""
    server = shared.postgres()
    server.empty()

    def make(declared: Resource) -> PostgresStore:
        return PostgresStore(server.url, [declared, MAKERS], timeout=TIMEOUT)

    await make(BEFORE).migrate(only_plan=False)
    statements = await make(AFTER).migrate(only_plan=False)
    forms = {re.sub(r'--.*\n|"[^"]*"|IS .*', "", statement).strip() for statement in statements}
    assert {
        "ALTER TABLE  RENAME COLUMN  TO",
        "ALTER TABLE  RENAME CONSTRAINT  TO",
        "ALTER INDEX  RENAME TO",
        "COMMENT ON CONSTRAINT  ON",
    } == forms


async def test_a_field_can_be_renamed_and_changed_at_once(make: Make) -> None:
    """Each change is made to the column under its new name."""
    await keep(make, BOLT)
    await make(Changed).migrate(only_plan=False)
    assert [] == list(await make(Changed).migrate(only_plan=True))
    expected = [Changed(serial="bolt", stock=7.0, producer=make_id(0))]
    assert expected == await values_of(make, Changed)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([Part(code="far too long")], "field serial has a record that breaks"),
        ([Part(code="a", amount=10)], "field stock has a record that breaks"),
        ([Part(code="a"), Part(code="b")], "field stock is declared Unique, and 2 records have"),
    ],
    ids=["length", "range", "unique"],
)
async def test_a_rule_that_a_renamed_field_breaks_is_refused(
    make: Make, values: list[Part], message: str
) -> None:
    """Under its new name, and nothing is changed."""
    keyless = Resource("parts", Part)
    await keep(make, *values, declared=keyless)
    with pytest.raises(StoreSchemaMismatch, match=f"Table parts: {message}"):
        await make(Narrower).migrate(only_plan=False)
    assert values == await values_of(make, keyless)


async def test_a_reference_that_a_renamed_field_breaks_is_refused(make: Make) -> None:
    """The field under its former name is what is looked at."""

    class Plain(Struct, frozen=True):
        maker: str

    class Referring(Struct, frozen=True):
        producer: Annotated[str, Was("maker"), Ref("makers")]

    plain = Resource("parts", Plain)
    await keep(make, Plain("nobody"), declared=plain)
    with pytest.raises(StoreSchemaMismatch, match="field producer is declared to refer to makers, and 1 "):
        await make(Referring).migrate(only_plan=True)
    assert [Plain("nobody")] == await values_of(make, plain)


async def test_where_both_columns_are_there_nothing_is_renamed(make: Make) -> None:
    """The former one stays with what it holds; where neither is, the new one is made."""

    class Both(Struct, frozen=True, kw_only=True):
        name: Name = "a part"
        amount: int = 1
        stock: int = 2

    class After(Struct, frozen=True, kw_only=True):
        name: Name = "a part"
        stock: Annotated[int, Was("amount")] = 2
        place: Annotated[str, Was("somewhere")] = "here"

    await keep(make, Both(amount=7), declared=Resource("parts", Both))
    await make(After).migrate(only_plan=False)
    assert [After(stock=2, place="here")] == await values_of(make, After)
    await make(Both).migrate(only_plan=False)
    assert [Both(amount=7)] == await values_of(make, Both)


async def test_of_several_former_names_the_latest_that_is_there_is_meant(make: Make) -> None:
    """Whatever was between, one migration reaches from every release."""

    class Before(Struct, frozen=True):
        a: int
        b: int | None = None

    class After(Struct, frozen=True):
        d: Annotated[int, Was("c", "b", "a")] | None

    await keep(make, Before(1, 2), declared=Resource("parts", Before))
    with pytest.raises(StoreSchemaMismatch, match="field a is not declared any more"):
        await make(After).migrate(only_plan=False)


async def test_an_answer_that_is_kept_for_a_key_is_read_under_the_new_name(make: Make) -> None:
    """Who repeats a write after the migration receives what the write left behind."""
    before, after = Resource("parts", Part), Resource("parts", Renamed)
    async with Workshop(make(before), before) as workshop:
        await workshop.parts.insert(record(1, Part(code="bolt", amount=7)), once())
    async with Workshop(make(after), after) as workshop:
        again = await record_of(workshop.parts.insert(record(2, Renamed(serial="nut")), once()))
        assert Renamed(serial="bolt", stock=7) == again.value
        changed = await record_of(workshop.parts.update(make_id(1), {"stock": 8}, LATER))
        assert Renamed(serial="bolt", stock=8) == changed.value
