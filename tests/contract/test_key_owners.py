"""Keys of a release that kept them by subject alone: replayed to the owner they were for, to no other."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from estuary.core.errors import IdempotencyKeyReused, NotFound, StoreNotMigrated
from estuary.core.items import ITEMS
from estuary.core.moments import to_microseconds
from estuary.core.record import Record, Written
from estuary.core.record_json import RecordJson
from estuary.core.writes.writes import WriteOptions
from estuary.stores.postgres import PostgresStore
from estuary.stores.sql.ddl_text import quoted
from estuary.stores.sql.migrations.policy import Policy
from estuary.stores.sqlite import SqliteStore
from tests.contract.making import TIMEOUT, make_id, make_record, once, owned
from tests.support.clocks import START
from tests.support.collections import awaited
from tests.support.servers import shared

_COLUMNS = """
    resource TEXT NOT NULL, subject TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
    snapshot TEXT, used_at {long} NOT NULL, PRIMARY KEY (resource, subject, key)
"""
_BEFORE = """
    DROP TABLE _estuary_keys;
    CREATE TABLE _estuary_keys ({columns}) {options};
    CREATE INDEX _estuary_keys_age ON _estuary_keys (used_at);
"""
_HERS, _UNOWNED = owned(make_record(1), "h'r é"), make_record(2)
_HER = _HERS.owner


class Engine(NamedTuple):
    """How a database is spoken to beside Estuary, and how stores on it are made."""

    run: Callable[[str], None]
    open: Callable[[Policy], SqliteStore | PostgresStore]
    before: str
    """Makes the table of keys what the earlier release had."""


def _sqlite(folder: Path) -> Engine:
    path = folder / "estuary.db"

    def run(statements: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(statements)

    before = _BEFORE.format(columns=_COLUMNS.format(long="INTEGER"), options="STRICT")
    return Engine(run, lambda policy: SqliteStore(path, [ITEMS], timeout=TIMEOUT, policy=policy), before)


def _postgres() -> Engine:
    server = shared.postgres()
    server.empty()

    def run(statements: str) -> None:
        server.execute(statements, user="estuary")

    before = _BEFORE.format(columns=_COLUMNS.format(long="BIGINT"), options="")
    return Engine(
        run, lambda policy: PostgresStore(server.url, [ITEMS], timeout=TIMEOUT, policy=policy), before
    )


@pytest.fixture(params=["sqlite", "postgres"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """A database with the earlier release's keys: an insert for her, one without an owner, a delete."""
    engine = _postgres() if request.param == "postgres" else _sqlite(tmp_path)
    store = engine.open(Policy.AUTO)
    await store.open()
    await store.close()
    engine.run(engine.before)
    for text, record in (("hers", _HERS), ("unowned", _UNOWNED), ("gone", None)):
        engine.run(_kept_before(text, record))
    return engine


def _kept_before(text: str, record: Record | None) -> str:
    """What the earlier release runs to keep a key of the subject "s"."""
    snapshot = "NULL" if record is None else quoted(RecordJson(ITEMS).encode(record))
    values = f"'items', 's', {quoted(text)}, 'print', {snapshot}, {to_microseconds(START)}"
    columns = "resource, subject, key, fingerprint, snapshot, used_at"
    return f"INSERT INTO _estuary_keys ({columns}) VALUES ({values});"  # noqa: S608 (texts of ours)


def _by_s(text: str, owner: str | None = None) -> WriteOptions:
    """The options of the subject's write for the owner, whose fingerprint holds the owner."""
    return once(text, "print" + (owner or ""), subject="s", owner=owner)


async def test_they_are_migrated_as_tables_are(engine: Engine) -> None:
    """A service that may not migrate waits; a plan changes nothing; once done there is nothing left."""
    with pytest.raises(StoreNotMigrated):
        await engine.open(Policy.CHECK).open()
    plan = await engine.open(Policy.CHECK).migrate(only_plan=True)
    assert plan == await engine.open(Policy.CHECK).migrate(only_plan=False)
    assert [] == list(await engine.open(Policy.CHECK).migrate(only_plan=True))
    store = engine.open(Policy.CHECK)
    await store.open()
    await store.close()


async def test_they_are_told_to_whom_they_were_for(engine: Engine) -> None:
    """Her insert to her alone, one without an owner to him without an owner; to others it is a new key."""
    store = engine.open(Policy.AUTO)
    await store.open()
    items = awaited(store.collection(ITEMS))
    assert Written(_HERS, replayed=True) == await items.insert(make_record(9), _by_s("hers", _HER))
    assert Written(_UNOWNED, replayed=True) == await items.insert(make_record(9), _by_s("unowned"))
    assert Written(None, replayed=True) == await items.delete(make_id(9), _by_s("gone"))

    his = [owned(make_record(number), "him") for number in (10, 11)]
    assert Written(his[0]) == await items.insert(his[0], _by_s("hers", "him"))
    assert Written(his[1]) == await items.insert(his[1], _by_s("unowned", "him"))
    assert Written(make_record(12)) == await items.insert(make_record(12), _by_s("hers"))
    with pytest.raises(NotFound):
        await items.delete(make_id(9), _by_s("gone", "him"))
    await store.close()


async def test_another_request_is_still_refused(engine: Engine) -> None:
    """A key stands for one request, also when it is from before."""
    store = engine.open(Policy.AUTO)
    await store.open()
    with pytest.raises(IdempotencyKeyReused):
        await awaited(store.collection(ITEMS)).insert(
            make_record(9), once("hers", f"other{_HER}", subject="s", owner=_HER)
        )
    await store.close()


async def test_an_earlier_release_goes_on_beside_this_one(engine: Engine) -> None:
    """While replicas are replaced both write keys, and find each other's of writes without an owner."""
    store = engine.open(Policy.AUTO)
    await store.open()
    items = awaited(store.collection(ITEMS))
    written = make_record(20)
    engine.run(_kept_before("meanwhile", written))
    assert Written(written, replayed=True) == await items.insert(make_record(9), _by_s("meanwhile"))
    engine.run(_kept_before("for her, meanwhile", _HERS))
    his = owned(make_record(21), "him")
    assert Written(his) == await items.insert(his, _by_s("for her, meanwhile", "him"))
    await store.close()
