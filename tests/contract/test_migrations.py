"""Tables become what the resources declare, or stay as they are; the same on every engine with tables."""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta, Struct

from estuary.core.errors import (
    StoreNotMigrated,
    StoreQueryFailed,
    StoreSchemaMismatch,
    StoreUnavailable,
    UniqueConflict,
)
from estuary.core.items import ITEMS
from estuary.core.kinds.server_values import Now, Subject
from estuary.core.markers import Digits, Index, Unique
from estuary.core.record import Record
from estuary.core.resource import AwareDatetime, Resource
from estuary.stores.postgres import PostgresStore
from estuary.stores.sql.migrations.policy import Policy
from estuary.stores.sqlite import SqliteStore
from tests.contract.making import TIMEOUT, make_id
from tests.contract.postgres import make_postgres
from tests.support.clocks import START
from tests.support.collections import awaited
from tests.support.resources import VESSELS
from tests.support.servers import shared
from tests.support.servers.postgres import Postgres

TableStore = SqliteStore | PostgresStore
Make = Callable[..., TableStore]
Name = Annotated[str, Meta(max_length=20)]
MOMENT = datetime(2020, 2, 29, 12, 0, 0, 1, tzinfo=UTC)


class Part(Struct, frozen=True, kw_only=True):
    """What there is before a migration."""

    name: Name
    note: str | None = None
    amount: int = 0
    colour: Literal["red", "green"] = "red"


class Size(Struct, frozen=True):
    """A part of a part."""

    width: Annotated[int, Meta(ge=1)]
    note: str = "it's"


class Grown(Part, frozen=True, kw_only=True):
    """A part with a new field of every kind."""

    text: Annotated[str, Meta(min_length=1)] = "it's {new}"
    whole: Annotated[int, Meta(ge=-5)] = -5
    real: Annotated[float, Meta(lt=1)] = -0.25
    flag: bool = True
    moment: AwareDatetime = MOMENT
    choice: Literal["a:b", "c'd"] = "c'd"
    price: Annotated[Decimal, Digits(8, 2, lt=100)] = Decimal("-12.30")
    day: date = date.min
    tag: UUID = UUID(int=10)
    prices: list[Annotated[Decimal, Digits(8, 2)]] = msgspec.field(
        default_factory=lambda: [Decimal("0.50")]
    )
    days: list[date] = msgspec.field(default_factory=lambda: [date.min])
    flags: list[bool] = msgspec.field(default_factory=lambda: [True])
    reals: list[float] = msgspec.field(default_factory=lambda: [-0.25])
    moments: list[AwareDatetime] = msgspec.field(default_factory=lambda: [MOMENT])
    size: Size = Size(3)
    object: dict[str, Any] = msgspec.field(default_factory=lambda: {"a'b": [1, {"c": 1.5}]})
    texts: Annotated[list[str], Meta(max_length=3)] = msgspec.field(default_factory=lambda: ['"\\,{}', "'"])
    absent: Annotated[str, Meta(max_length=3)] | None = None


class Indexed(Part, frozen=True, kw_only=True):
    """A part whose amount is asked for."""

    amount: Annotated[int, Index] = 0


class Stamped(Part, frozen=True, kw_only=True):
    """A part with fields that the server sets: of older records nobody knows what it would have set."""

    made_by: Annotated[str, Subject, Index, Meta(max_length=255)] = "nobody"
    made_at: Annotated[datetime, Now] = MOMENT
    made_on: Annotated[date, Now] | None = None


class Single(Struct, frozen=True):
    """A number."""

    place: Annotated[int, Meta(ge=0)]


class Several(Struct, frozen=True):
    """Several numbers."""

    place: list[int]


class Looser(Struct, frozen=True, kw_only=True):
    """Rules that allow more, a number with a fraction, and null where there had to be a value."""

    name: Annotated[str, Meta(max_length=40)]
    note: str | None = None
    amount: float = 0.0
    colour: Literal["red", "green", "blue"] | None = "red"


class Stricter(Struct, frozen=True, kw_only=True):
    """Rules that the records obey as it happens."""

    name: Annotated[str, Meta(max_length=10)]
    note: str
    amount: Annotated[int, Meta(ge=0)] = 0
    colour: Literal["red"] = "red"


class Unruly(Struct, frozen=True, kw_only=True):
    """A name without a rule."""

    name: str
    note: str | None = None
    amount: int = 0
    colour: Literal["red", "green"] = "red"


class Without(Struct, frozen=True, kw_only=True):
    """Fields that could be left out are left out."""

    name: Name


class Nameless(Struct, frozen=True, kw_only=True):
    """The field that could not is."""

    note: str | None = None
    amount: int = 0
    colour: Literal["red", "green"] = "red"


class Demanding(Part, frozen=True, kw_only=True):
    """A new field that nothing is known of for the records there are."""

    origin: str


class Renamed(Struct, frozen=True, kw_only=True):
    """A field has another name, and nothing says so."""

    title: Annotated[str, Meta(max_length=30)]
    note: str | None = None
    amount: int = 0
    colour: Literal["red", "green"] = "red"


class Numbered(Struct, frozen=True, kw_only=True):
    """A text became a number."""

    name: int
    note: str | None = None
    amount: int = 0
    colour: Literal["red", "green"] = "red"


@pytest.fixture(params=["sqlite", "postgres"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes stores on one database, which is empty at first."""
    if request.param == "postgres":
        shared.postgres().empty()

    def store(declared: type[Struct] | Resource | None = None, policy: Policy = Policy.AUTO) -> TableStore:
        named = Resource("parts", declared) if isinstance(declared, type) else declared
        resources = [ITEMS] if named is None else [ITEMS, named]
        if request.param == "sqlite":
            return SqliteStore(tmp_path / "estuary.db", resources, timeout=TIMEOUT, policy=policy)
        return PostgresStore(shared.postgres().url, resources, timeout=TIMEOUT, policy=policy)

    return store


def parts(store: TableStore, declared: type[Struct]) -> Any:
    """The collection of parts."""
    return awaited(store.collection(Resource("parts", declared)))


def record(number: int, value: Struct) -> Any:
    """A part's record."""
    return Record(make_id(number), 1, START, START, value)


async def keep(make: Make, *values: Struct) -> None:
    """Make the first tables, and put records into them."""
    store = make(Part)
    await store.open()
    for number, value in enumerate(values):
        await parts(store, Part).insert(record(number, value))
    await store.close()


async def values_of(make: Make, declared: type[Struct]) -> Sequence[Struct]:
    """The values of all parts, read without migrating."""
    store = make(declared, Policy.CHECK)
    await store.open()
    page = await parts(store, declared).page(None, 100)
    assert len(page) == await parts(store, declared).count()
    await store.close()
    return [one.value for one in page]


async def test_a_new_database_is_planned_first(make: Make) -> None:
    """A plan shows what is to come, and changes nothing."""
    plan = await make(Part).migrate(only_plan=True)
    assert any("CREATE TABLE parts" in statement for statement in plan)
    assert plan == await make(Part).migrate(only_plan=False)
    assert [] == list(await make(Part).migrate(only_plan=True))
    assert [] == await values_of(make, Part)


async def test_a_new_server_waits_for_its_migration() -> None:
    """Where that is left to the operator, nothing is made in a database that others may share."""
    server = shared.postgres()
    server.empty()
    for _ in range(2):
        with pytest.raises(StoreNotMigrated, match="run `estuary migrate`"):
            await PostgresStore(server.url, [ITEMS], policy=Policy.CHECK).open()
    assert "0" == server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")


async def test_a_new_file_is_made_at_once(tmp_path: Path) -> None:
    """Also where migrating is left to the operator: a new file holds nothing that could be lost."""
    store = SqliteStore(tmp_path / "estuary.db", [ITEMS], policy=Policy.CHECK)
    await store.open()
    await store.close()
    assert [] == list(await store.migrate(only_plan=True))


async def test_a_new_resource_waits_for_its_migration(make: Make) -> None:
    """Its table is made, and the others are left alone."""
    await make().migrate(only_plan=False)
    with pytest.raises(StoreNotMigrated):
        await make(Part, Policy.CHECK).open()
    plan = await make(Part).migrate(only_plan=False)
    assert not any("items" in statement for statement in plan)
    assert [] == await values_of(make, Part)


@pytest.mark.parametrize(
    ("declared", "after"),
    [
        (Grown, [Grown(name="bolt", note="x", amount=3), Grown(name="nut", note="y", colour="red")]),
        (Stamped, [Stamped(name="bolt", note="x", amount=3), Stamped(name="nut", note="y", colour="red")]),
        (Looser, [Looser(name="bolt", note="x", amount=3.0), Looser(name="nut", note="y")]),
        (Stricter, [Stricter(name="bolt", note="x", amount=3), Stricter(name="nut", note="y")]),
        (Unruly, [Unruly(name="bolt", note="x", amount=3), Unruly(name="nut", note="y")]),
        (Without, [Without(name="bolt"), Without(name="nut")]),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
async def test_tables_are_made_to_fit(make: Make, declared: type[Struct], after: list[Struct]) -> None:
    """Every record is kept, rules hold from then on, and the store counts and orders as before."""
    await keep(make, Part(name="bolt", note="x", amount=3), Part(name="nut", note="y"))
    plan = await make(declared).migrate(only_plan=True)
    assert plan == await make(declared).migrate(only_plan=False)
    assert [] == list(await make(declared).migrate(only_plan=True))
    assert after == await values_of(make, declared)

    store = make(declared, Policy.CHECK)
    await store.open()
    await parts(store, declared).insert(record(7, after[0]))
    await parts(store, declared).delete(make_id(0))
    assert after[::-1] == [one.value for one in await parts(store, declared).page(None, 9)]
    assert 2 == await parts(store, declared).count()
    await store.close()


def priced(*digits: int) -> type[Struct]:
    """A part that has a price of so many digits and places."""
    members = [("name", Name), ("price", Annotated[Decimal, Digits(*digits)])]
    return msgspec.defstruct("Priced", members, frozen=True)


async def priced_parts(make: Make, *prices: str) -> None:
    """Parts with these prices, of eight digits and two places."""
    store = make(priced(8, 2))
    await store.open()
    for number, price in enumerate(prices):
        value = priced(8, 2)(f"part {number}", Decimal(price))
        await parts(store, priced(8, 2)).insert(record(number, value))
    await store.close()


async def prices_of(make: Make, *digits: int) -> list[str]:
    """The prices of all parts, read without migrating."""
    return [str(msgspec.structs.astuple(each)[1]) for each in await values_of(make, priced(*digits))]


@pytest.mark.parametrize("digits", [(10, 4), (10, 2), (18, 12), (5, 1), (4, 1), (6, 2)], ids=str)
async def test_decimals_keep_their_values_with_other_digits(make: Make, digits: tuple[int, int]) -> None:
    """Where each value has room in them: no number becomes another one, and none is rounded."""
    await priced_parts(make, "999.50", "-999.50", "0.00")
    plan = await make(priced(*digits)).migrate(only_plan=False)
    assert [] == list(await make(priced(*digits)).migrate(only_plan=True)), plan
    expected = [
        Decimal(price).quantize(Decimal(1).scaleb(-digits[1])) for price in ("999.5", "-999.5", "0")
    ]
    assert list(map(str, expected)) == await prices_of(make, *digits)


@pytest.mark.parametrize("digits", [(8, 1), (4, 2), (18, 17), (8, 0)], ids=str)
async def test_digits_in_which_a_value_has_no_room_are_refused(make: Make, digits: tuple[int, int]) -> None:
    """With the number of those records, and nothing is changed."""
    await priced_parts(make, "999.99", "1.00")
    with pytest.raises(StoreSchemaMismatch, match=r"price has (a record|2 records) that break"):
        await make(priced(*digits)).migrate(only_plan=False)
    assert ["999.99", "1.00"] == await prices_of(make, 8, 2)


class Counted(Struct, frozen=True):
    """A part whose price is a whole number."""

    name: Name
    price: int


@pytest.mark.parametrize(
    ("before", "after"), [(priced(8, 2), Counted), (Counted, priced(8, 2))], ids=["whole", "decimal"]
)
async def test_units_are_never_taken_for_wholes(
    make: Make, before: type[Struct], after: type[Struct]
) -> None:
    """SQLite keeps either as integers: 1230 units of 0.01 are not 1230."""
    await make(before).migrate(only_plan=False)
    with pytest.raises(StoreSchemaMismatch, match="field price"):
        await make(after).migrate(only_plan=False)


@pytest.mark.parametrize(("before", "after"), [(Single, Several), (Several, Single)], ids=["one", "list"])
async def test_a_list_is_never_taken_for_one_of_its_entries(
    make: Make, before: type[Struct], after: type[Struct]
) -> None:
    """Whatever rule either has."""
    await make(before).migrate(only_plan=False)
    with pytest.raises(StoreSchemaMismatch, match="field place"):
        await make(after).migrate(only_plan=False)


async def test_new_rules_hold(make: Make) -> None:
    """What breaks one is refused by the engine itself, as it is in a table made new."""
    await keep(make)
    store = make(Grown)
    await store.open()
    with pytest.raises(StoreQueryFailed):
        await parts(store, Grown).insert(record(1, Grown(name="bolt", whole=-6)))
    with pytest.raises(StoreQueryFailed):
        await parts(store, Grown).insert(record(1, Grown(name="bolt", texts=["a", "b", "c", "d"])))
    with pytest.raises(StoreQueryFailed):
        await parts(store, Grown).insert(record(1, Grown(name="bolt", price=Decimal("100.00"))))
    await parts(store, Grown).insert(record(1, Grown(name="bolt")))
    await store.close()


async def test_a_release_that_knows_less_goes_on(make: Make) -> None:
    """During a rolling upgrade the old release writes into the new tables; what it leaves out is there."""
    await keep(make)
    await make(Grown).migrate(only_plan=False)
    old = make(Part, Policy.CHECK)
    await old.open()
    await parts(old, Part).insert(record(1, Part(name="bolt")))
    await old.close()
    assert [Grown(name="bolt")] == await values_of(make, Grown)


async def test_what_is_not_declared_any_more_is_kept(make: Make) -> None:
    """Also where SQLite has to rebuild the table: a field that is declared again has its values."""
    await keep(make, Part(name="bolt", note="x", amount=3, colour="green"))
    await make(Without).migrate(only_plan=False)

    class Renewed(Struct, frozen=True, kw_only=True):
        name: Annotated[str, Meta(max_length=30)]

    await make(Renewed).migrate(only_plan=False)
    assert [Renewed(name="bolt")] == await values_of(make, Renewed)
    await make(Part).migrate(only_plan=False)
    assert [Part(name="bolt", note="x", amount=3, colour="green")] == await values_of(make, Part)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (
            Nameless,
            "field name is not declared any more, and what it holds would be lost; declare",
        ),
        (
            Demanding,
            "field origin is new, required and without a default, and there are 2 records that",
        ),
        (Renamed, 'field title is new, .* lack it; if it was called name, declare Was\\("name"\\); else'),
        (Renamed, 'field name is not .* lost; if it is called title now, declare Was\\("name"\\) there'),
        (Numbered, "field name is of type .*; declare a field of another name, and copy what can be kept"),
        (
            Stricter,
            "field note must not be null any more, and is null in 1 records: .*; give them a value",
        ),
        (Stricter, "field name has a record that breaks the declared rule .*; mend them first"),
        (Stricter, "field colour has 2 records that break the declared rule .*; mend them first"),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
@pytest.mark.parametrize("way", ["plan", "migrate", "open"])
async def test_what_would_lose_something_is_refused(
    make: Make, declared: type[Struct], message: str, way: str
) -> None:
    """The message names table and field and says what to do, and nothing was changed."""
    before = [Part(name="far too long", note="x", colour="green"), Part(name="nut", colour="green")]
    await keep(make, *before)
    store = make(declared)
    with pytest.raises(StoreSchemaMismatch, match=f"Table parts: {message}"):
        await (store.open() if way == "open" else store.migrate(only_plan=way == "plan"))
    assert before == await values_of(make, Part)


async def test_a_required_field_is_no_matter_where_there_is_no_record(make: Make) -> None:
    """Nothing lacks it."""
    await keep(make)
    await make(Demanding).migrate(only_plan=False)
    assert [] == await values_of(make, Demanding)


async def test_of_many_that_migrate_at_once_one_does_it(make: Make) -> None:
    """The others wait for it, and find nothing left to do."""
    await keep(make, Part(name="bolt"))
    plans = await asyncio.gather(*(make(Grown).migrate(only_plan=False) for _ in range(5)))
    assert 1 == sum(map(bool, plans))
    assert [Grown(name="bolt")] == await values_of(make, Grown)


async def test_of_many_that_open_a_new_database_all_do(make: Make) -> None:
    """Replicas that start together need no order among them."""
    stores = [make(Part) for _ in range(5)]
    await asyncio.gather(*(store.open() for store in stores))
    await parts(stores[0], Part).insert(record(1, Part(name="bolt")))
    assert [1] * 5 == [await parts(store, Part).count() for store in stores]
    await asyncio.gather(*(store.close() for store in stores))


async def test_nothing_is_looked_at_where_it_is_switched_off(make: Make) -> None:
    """Not even that columns are missing: only what is asked of the table can fail, as long as they are."""
    await keep(make, Part(name="bolt"))
    store = make(Grown, Policy.OFF)
    await store.open()
    assert 1 == await parts(store, Grown).count()
    with pytest.raises(StoreUnavailable, match="those of another release"):
        await parts(store, Grown).get(make_id(0))
    await store.close()


async def test_a_declaration_of_everything_fits_what_was_made_from_it(tmp_path: Path) -> None:
    """A comparison of tables just made finds no difference in any kind of field."""
    for store in (SqliteStore(tmp_path / "x.db", [VESSELS]), make_postgres(tmp_path, [VESSELS], TIMEOUT)):
        assert isinstance(store, SqliteStore | PostgresStore)
        await store.migrate(only_plan=False)
        assert [] == list(await store.migrate(only_plan=True))


async def test_declared_indexes_are_made_and_removed(make: Make) -> None:
    """By a migration, and listed in its plan; what others made is left alone."""
    await keep(make, Part(name="bolt"))
    with pytest.raises(StoreNotMigrated):
        await make(Indexed, Policy.CHECK).open()
    plan = await make(Indexed).migrate(only_plan=True)
    assert {"CREATE INDEX"} == {line.replace(" CONCURRENTLY", "")[:12] for line in plan}
    assert plan == await make(Indexed).migrate(only_plan=False)
    assert [] == list(await make(Indexed).migrate(only_plan=True))
    assert [Indexed(name="bolt")] == await values_of(make, Indexed)

    dropped = await make(Part).migrate(only_plan=False)
    assert len(plan) == len(dropped)
    assert all(re.fullmatch(r'DROP INDEX .*"_parts_index_[0-9a-f]{8}"', line) for line in dropped)
    assert [] == list(await make(Part).migrate(only_plan=True))
    assert [Part(name="bolt")] == await values_of(make, Part)


class Emptied(Struct, frozen=True, kw_only=True):
    """A part whose amount is asked for, and may be null."""

    name: Name
    amount: Annotated[int, Index] | None = 0


async def test_indexes_are_made_again_for_a_field_that_may_be_null(server: Postgres) -> None:
    """Null has its place in their order, which the server puts at the other end unless it is told."""

    async def migrate(declared: type[Struct]) -> set[str]:
        await PostgresStore(server.url, [Resource("parts", declared)], timeout=TIMEOUT).migrate(
            only_plan=False
        )
        found = server.execute("SELECT indexdef FROM pg_indexes WHERE indexname ~ '^_parts_index'")
        return {re.sub(r"INDEX \w+", "INDEX", line) for line in found.splitlines()}

    server.empty()
    expected = await migrate(Emptied)
    server.empty()
    await migrate(Indexed)
    assert expected == await migrate(Emptied)
    assert any("amount NULLS FIRST" in index for index in expected)


async def test_a_start_removes_no_index(make: Make) -> None:
    """It may be that of a newer release, which others run already."""
    await keep(make)
    await make(Indexed).migrate(only_plan=False)
    old = make(Part)
    await old.open()
    await old.close()
    assert [] == await values_of(make, Indexed)


async def test_of_many_that_make_indexes_at_once_one_does_it(make: Make) -> None:
    """None waits in a way that the one who makes them would have to wait for."""
    await keep(make, Part(name="bolt"))
    plans = await asyncio.gather(*(make(Indexed).migrate(only_plan=False) for _ in range(5)))
    assert 1 == sum(map(bool, plans))
    assert [Indexed(name="bolt")] == await values_of(make, Indexed)


class Coded(Part, frozen=True, kw_only=True):
    """A part with a new unique field, and one that is unique from now on."""

    serial: Annotated[int, Unique] | None = None
    note: Annotated[str, Unique(fold_case=True), Meta(max_length=20)] | None = None


async def test_unique_keys_are_made_and_removed(make: Make) -> None:
    """By a migration, and listed in its plan; they hold from then on, and no longer."""
    await keep(make, Part(name="bolt", note="a"), Part(name="nut"), Part(name="pin"))
    with pytest.raises(StoreNotMigrated):
        await make(Coded, Policy.CHECK).open()
    plan = await make(Coded).migrate(only_plan=True)
    made = [line.replace(" CONCURRENTLY", "") for line in plan if "_parts_unique_" in line]
    assert ["CREATE UNIQUE INDEX _parts_unique_"] * 2 == [line[:34] for line in made]
    assert plan == await make(Coded).migrate(only_plan=False)
    assert [] == list(await make(Coded).migrate(only_plan=True))
    store = make(Coded, Policy.CHECK)
    await store.open()
    with pytest.raises(UniqueConflict):
        await parts(store, Coded).insert(record(7, Coded(name="other", note="A")))
    await store.close()
    dropped = await make(Part).migrate(only_plan=False)
    assert 2 == len([line for line in dropped if re.fullmatch(r'DROP INDEX .*"_parts_unique_\w+"', line)])


async def test_until_a_migration_what_was_unique_still_is(make: Make) -> None:
    """A conflict is a conflict, though no declared field can be named."""
    await keep(make, Part(name="bolt"))
    await make(Resource("parts", Part, unique=[("name",)])).migrate(only_plan=False)
    old = make(Part)
    await old.open()
    with pytest.raises(UniqueConflict) as raised:
        await parts(old, Part).insert(record(7, Part(name="bolt")))
    assert () == raised.value.fields
    await old.close()


@pytest.mark.parametrize("way", ["plan", "migrate", "open"])
async def test_unique_keys_over_duplicates_are_refused(make: Make, way: str) -> None:
    """With their number and three ids, and nothing was changed."""
    before = [Part(name="bolt", note=note) for note in ("a", "A", "b", "B", None, None, "c")]
    await keep(make, *before)
    ids = ", ".join(make_id(number) for number in range(3))
    message = rf"Table parts: field note is declared Unique, and 4 records have .* \({ids}, …\); change or"
    store = make(Coded)
    with pytest.raises(StoreSchemaMismatch, match=message):
        await (store.open() if way == "open" else store.migrate(only_plan=way == "plan"))
    assert before == await values_of(make, Part)


class Defaulted(Part, frozen=True, kw_only=True):
    """A part with a new field that is the same in all records."""

    code: Annotated[str, Meta(max_length=20)] = "x"


async def test_a_new_field_of_a_key_counts_with_its_default(make: Make) -> None:
    """All records there are would have it."""
    await keep(make, Part(name="bolt", amount=1), Part(name="bolt", amount=2))
    keyed = Resource("parts", Defaulted, unique=[("code", "name")])
    with pytest.raises(StoreSchemaMismatch, match="fields code, name are declared Unique, and 2 records"):
        await make(keyed).migrate(only_plan=True)
    free = Resource("parts", Defaulted, unique=[("code", "name", "amount")])
    assert await make(free).migrate(only_plan=False)
    assert [] == list(await make(free).migrate(only_plan=True))


async def test_a_unique_index_that_was_not_made_to_its_end_is_made_again(server: Postgres) -> None:
    """Unless records stand in its way by now."""
    keyed = Resource("parts", Part, unique=[("name",)])

    def store() -> PostgresStore:
        return PostgresStore(server.url, [keyed], timeout=TIMEOUT)

    await store().migrate(only_plan=False)
    index = server.execute("SELECT indexname FROM pg_indexes WHERE indexname ~ '^_parts_unique'")
    server.execute(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{index}'::regclass")  # noqa: S608
    plan = await store().migrate(only_plan=False)
    assert [
        f'DROP INDEX CONCURRENTLY IF EXISTS "{index}"',
        f"CREATE UNIQUE INDEX CONCURRENTLY {index}",
    ] == [line.partition(" ON ")[0] for line in plan]


@pytest.fixture
def server() -> Postgres:
    """A PostgreSQL whose database is empty."""
    found = shared.postgres()
    found.empty()
    return found


def indexed(server: Postgres, policy: Policy = Policy.AUTO) -> PostgresStore:
    """A store of parts that have an index."""
    return PostgresStore(server.url, [Resource("parts", Indexed)], timeout=TIMEOUT, policy=policy)


async def test_an_index_that_was_not_made_to_its_end_is_made_again(server: Postgres) -> None:
    """It is there, and no query uses it."""
    await indexed(server).migrate(only_plan=False)
    ours = "SELECT indexname FROM pg_indexes WHERE indexname ~ '^_parts_index'"
    name = server.execute(ours).split()[0]
    invalid = f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass"  # noqa: S608
    server.execute(invalid)
    with pytest.raises(StoreNotMigrated):
        await indexed(server, Policy.CHECK).open()
    plan = await indexed(server).migrate(only_plan=False)
    assert [f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"', f"CREATE INDEX CONCURRENTLY {name}"] == [
        line.partition(" ON ")[0] for line in plan
    ]
    assert [] == list(await indexed(server).migrate(only_plan=True))


async def test_texts_of_earlier_tables_are_ordered_by_code_point(server: Postgres) -> None:
    """In one statement a table, after which the rules are still the declared ones."""
    await indexed(server).migrate(only_plan=False)
    server.execute(
        'ALTER TABLE parts ALTER COLUMN name TYPE text COLLATE "default", '
        'ALTER COLUMN colour TYPE text COLLATE "default"'
    )
    with pytest.raises(StoreNotMigrated):
        await indexed(server, Policy.CHECK).open()
    plan = await indexed(server).migrate(only_plan=False)
    changes = ", ".join(f'ALTER COLUMN "{name}" TYPE TEXT COLLATE "C"' for name in ("name", "colour"))
    assert [f'ALTER TABLE "parts" {changes}'] == plan
    assert [] == list(await indexed(server).migrate(only_plan=True))


async def test_a_table_of_another_order_is_changed_in_other_ways_too(server: Postgres) -> None:
    """That its texts are ordered otherwise is no other type of theirs."""
    await indexed(server).migrate(only_plan=False)
    server.execute('ALTER TABLE parts ALTER COLUMN name TYPE text COLLATE "default"')
    store = PostgresStore(server.url, [Resource("parts", Grown)], timeout=TIMEOUT)
    await store.migrate(only_plan=False)
    assert [] == list(await store.migrate(only_plan=True))
