"""Patches that are merged into what is there: with nothing lost to other writers, or to a cache."""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec
import pytest
from msgspec import Struct
from msgspec import inspect as types

from estuary.core.awaiting import settled
from estuary.core.errors import NotFound, ValidationFailed, VersionConflict, WriteContention
from estuary.core.kinds.declared import Declared
from estuary.core.kinds.every import KINDS
from estuary.core.kinds.kind import Broken, Kind, Merge, Rule, Storage, Stored
from estuary.core.observations import Observation, RecordUpdated
from estuary.core.record import Record, Written
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.core.writes.writes import WriteOptions
from estuary.stores.memory import MemoryStore
from tests.contract.making import make_id, once
from tests.support.clocks import SettableClock
from tests.support.collections import Collection
from tests.support.contexts import make_context


class Labels(Kind):
    """Texts by name, which a patch sets and removes one by one; at most three."""

    annotation: ClassVar[str] = "dict[str, str]"
    noun: ClassVar[str] = "an object of texts"

    @classmethod
    def of(cls, declared: Declared) -> "Labels | None":
        """`dict[str, str]`."""
        return cls() if isinstance(declared.type, types.DictType) else None

    @property
    def wire(self) -> Any:
        """An object of texts."""
        return dict[str, str]

    @property
    def patch(self) -> Any:
        """Null removes a name."""
        return dict[str, str | None]

    @property
    def merge(self) -> Merge:
        """RFC 7396, section 2."""
        return lambda value, given: {
            name: text for name, text in ((value or {}) | given).items() if text is not None
        }

    @property
    def column(self) -> Stored:
        """JSON."""
        return Stored(Storage.TEXT, encode=lambda value: msgspec.json.encode(value).decode())

    def rule(self) -> Rule:
        """At most three."""

        def rule(value: dict[str, str]) -> dict[str, str]:
            if len(value) > 3:
                raise Broken("must have at most 3 names", "size")
            return value

        return rule

    def schema(self) -> dict[str, Any]:
        """An object of texts."""
        return {"type": "object", "additionalProperties": {"type": "string"}}


class Crate(Struct, frozen=True):
    """Something with labels."""

    name: str
    labels: dict[str, str] = {}
    marks: dict[str, str] | None = None


CRATES = Resource("crates", Crate, kinds=(*KINDS, Labels))
ID = make_id(1)


class Desk:
    """The use cases on one crate; each of `reads` comes behind one read, and may give a stale record."""

    def __init__(self) -> None:
        self.store = MemoryStore([CRATES])
        self.inner = self.store.collection(CRATES)
        self.seen: list[Observation] = []
        self.reads: list[Callable[[], Record | None]] = []
        self.records = RecordService(
            CRATES,
            _Watched(self),
            make_context(lambda: ID, observe=self.seen.append),
        )

    async def patch(self, options: WriteOptions | None = None, **fields: Any) -> Written:
        """Patch the crate."""
        return await self.records.patch(ID, CRATES.patch_type(**fields), options or WriteOptions())

    def write(self, **fields: Any) -> None:
        """Another client changes the crate."""
        self.inner.update(ID, fields, SettableClock().now())


class _Watched(Collection):
    """The desk's collection, where something may happen behind each read."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.inner)
        self._desk = desk

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """What is there, or what a cache holds of it."""
        record = await super().get(record_id, owner)
        stale = self._desk.reads.pop(0)() if self._desk.reads else None
        return stale or record


@pytest.fixture
async def desk() -> Desk:
    """With a crate."""
    made = Desk()
    await made.store.open()
    draft = CRATES.draft_type(name="crate", labels={"a": "1", "b": "2"})
    await settled(made.records.create(draft))
    made.seen.clear()
    return made


def value_of(written: Written) -> Any:
    """The value that was left behind."""
    assert written.record is not None
    return written.record.value


async def test_what_is_named_within_is_merged(desk: Desk) -> None:
    """The rest stays, null removes; a whole null clears, and a patch of nothing begins with nothing."""
    assert {"a": "1", "c": "3"} == value_of(await desk.patch(labels={"b": None, "c": "3"})).labels
    assert {"x": "1"} == value_of(await desk.patch(marks={"x": "1", "y": None})).marks
    assert value_of(await desk.patch(marks=None)).marks is None
    assert [RecordUpdated("crates")] * 3 == desk.seen


async def test_what_changes_nothing_makes_no_version(desk: Desk) -> None:
    """Compared as a whole."""
    written = await desk.patch(labels={"a": "1", "c": None})
    assert (False, 1, []) == (written.made, written.record and written.record.version, desk.seen)


async def test_rules_are_of_the_whole(desk: Desk) -> None:
    """What is merged is checked."""
    with pytest.raises(ValidationFailed) as failed:
        await desk.patch(labels={"c": "3", "d": "4"})
    assert [("labels", "size")] == [(each.field, each.code) for each in failed.value.violations]


async def test_another_writers_change_is_merged_into(desk: Desk) -> None:
    """What was written between the read and the write is kept."""
    desk.reads = [lambda: desk.write(labels={"z": "9"})]
    written = await desk.patch(labels={"a": "7"})
    assert {"z": "9", "a": "7"} == value_of(written).labels


async def test_a_stale_read_is_found_out(desk: Desk) -> None:
    """As a cache of another replica's may give it, with a condition, too."""
    stale = desk.inner.get(ID)
    desk.write(labels={"z": "9"})
    desk.reads = [lambda: stale]
    written = await desk.patch(WriteOptions(expected_version=2), labels={"a": "7"})
    assert {"z": "9", "a": "7"} == value_of(written).labels
    with pytest.raises(VersionConflict):
        await desk.patch(WriteOptions(expected_version=2), labels={"a": "8"})


async def test_writers_without_end_are_given_up_on(desk: Desk) -> None:
    """When the time for attempts is over."""
    desk.reads = [lambda: desk.write(name="other") for _ in range(500)]
    with pytest.raises(WriteContention):
        await desk.patch(labels={"a": "7"})
    assert 200 < len(desk.reads) < 490


async def test_a_key_is_known_whatever_became_of_the_record(desk: Desk) -> None:
    """Sent again, the write returns what it left, also where it would be refused now."""
    keyed = once()
    first = await desk.patch(keyed, labels={"c": "3"})
    replayed = Written(first.record, replayed=True)
    desk.write(labels={"x": "1", "y": "2", "z": "3"})
    assert replayed == await desk.patch(keyed, labels={"c": "3"})
    with pytest.raises(ValidationFailed):
        await desk.patch(once("other"), labels={"c": "3"})
    desk.inner.delete(ID)
    assert replayed == await desk.patch(keyed, labels={"c": "3"})
    with pytest.raises(NotFound):
        await desk.patch(once("other"), labels={"c": "3"})
