"""Seeds: kept where they are not there, brought up to date where they are; all lines or none."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from estuary.app.seeding import BrokenLines, Seeded, seed
from estuary.app.transfer import open_store
from estuary.backups.errors import BackupError
from estuary.config.environment import load_from
from estuary.config.settings import Settings
from estuary.core.awaiting import settled
from estuary.core.queries.query import by_cursor
from estuary.core.record import Record
from tests.support.library import LIBRARY_REFERENCES
from tests.support.members import MEMBERS_REFERENCE

AUTHOR, BOOK, CHAPTER, SECTION = (f"018f0000-0000-7000-8000-00000000000{number}" for number in range(4))
NAMES = ("chapters", "volumes", "authors", "members", "lendings")
HOOKED = "tests.support.hooked:LOANS"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of members and of a library, in a file of their own."""
    variables = {
        "RESOURCES": f"{LIBRARY_REFERENCES},{MEMBERS_REFERENCE},{HOOKED}",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'records.db'}",
    }
    return load_from(variables, directory=tmp_path).settings


def line(resource: str, value: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"resource": resource, "value": value, **members}


async def seeded(settings: Settings, *lines: object) -> Seeded:
    text = "".join(each if isinstance(each, str) else f"{json.dumps(each)}\n" for each in lines)
    return await seed(settings, io.BytesIO(text.encode()), lambda *_: None)


async def kept(settings: Settings, name: str) -> list[Record]:
    async with open_store(settings) as (store, resources):
        (resource,) = [each for each in resources if each.name == name]
        return list((await settled(store.collection(resource).list(by_cursor(100)))).records)


async def test_a_seed_may_be_sown_again(settings: Settings) -> None:
    """What is there as the line says stays as it is; what differs is changed, but not what a line lacks."""
    jo = line("members", {"email": "jo@example.org", "team": "red", "note": "captain"})
    al = line("members", {"email": "al@example.org"})
    assert (2, 0, 0) == (await seeded(settings, jo, "\n", al))[:3]
    before = await kept(settings, "members")
    assert (0, 0, 2) == (await seeded(settings, jo, al))[:3]
    assert before == await kept(settings, "members")
    moved = line("members", {"email": "JO@example.org", "team": "blue"})
    assert (0, 1, 1) == (await seeded(settings, moved, al))[:3]
    changed = {each.id: each for each in await kept(settings, "members")}[before[0].id]
    member = asdict(changed.value)
    assert (2, "blue", "captain") == (changed.version, member["team"], member["note"])


async def test_records_are_named_by_id_and_may_refer_to_later_lines(settings: Settings) -> None:
    """What is referred to is kept first, whatever the order of the lines, within a resource, too.

    The lines of an export are taken, and a file of an editor that begins it with a byte order mark.
    """
    lines = [
        "\ufeff",
        line("chapters", {"title": "1.1", "book": BOOK, "within": CHAPTER}, id=SECTION),
        line("chapters", {"title": "1", "book": BOOK, "within": CHAPTER}, id=CHAPTER),
        line("volumes", {"title": "Walden", "author": AUTHOR}, id=BOOK),
        line("authors", {"name": "Thoreau"}, id=AUTHOR, version=1, created_at="2026-01-01T00:00:00Z"),
    ]
    assert (4, 0, 0) == (await seeded(settings, *lines))[:3]
    assert (0, 0, 4) == (await seeded(settings, *lines))[:3]
    assert [AUTHOR] == [each.id for each in await kept(settings, "authors")]


async def test_new_records_that_refer_to_each_other_are_told(settings: Settings) -> None:
    """None of them can be kept first; where they are there already, the lines may say so."""
    author = line("authors", {"name": "Thoreau"}, id=AUTHOR)
    book = line("volumes", {"title": "Walden", "author": AUTHOR}, id=BOOK)
    chapter = line("chapters", {"title": "1", "book": BOOK, "within": SECTION}, id=CHAPTER)
    section = line("chapters", {"title": "1.1", "book": BOOK, "within": CHAPTER}, id=SECTION)
    with pytest.raises(
        BrokenLines, match="line 2: its new record refers to that of line 4 and so to itself"
    ):
        await seeded(settings, author, chapter, book, section)
    first = line("chapters", {"title": "1", "book": BOOK}, id=CHAPTER)
    await seeded(settings, author, book, first, section)
    assert (0, 1, 3) == (await seeded(settings, author, chapter, book, section))[:3]


async def test_owners_have_their_own(settings: Settings) -> None:
    """A unique value is one of each owner: the same line for another one is another record."""
    jo = {"email": "jo@example.org"}
    both = [line("members", jo, owner=owner) for owner in ("a", "b")]
    assert (2, 0, 0) == (await seeded(settings, *both))[:3]
    assert (1, 0, 2) == (await seeded(settings, *both, line("members", jo)))[:3]


async def test_every_broken_line_is_told_and_nothing_is_written(settings: Settings) -> None:
    """Each with its number and what is wrong with it."""
    good = line("members", {"email": "jo@example.org"})
    with pytest.raises(BrokenLines) as caught:
        await seeded(
            settings,
            good,
            "{\n",
            line("pens", {}),
            line("authors", {"name": "Thoreau"}),
            line("members", {"email": "al@example.org", "colour": 1}),
            line("members", {"email": "JO@example.org"}),
            line("authors", {"name": ""}, id=AUTHOR),
            line("lendings", {"title": "long", "days": 11}, id=BOOK),
        )
    assert [
        "7 lines are broken, and nothing was written:",
        "line 2: this is not JSON",
        f"line 3: there is no resource 'pens': RESOURCES declares {', '.join(NAMES)}",
        "line 4: nothing tells whether it is there: give it an id, for no field of it is Unique",
        "line 5: Object contains unknown field `colour` - at `$.value`",
        "line 6: it names the record that line 1 names",
        "line 7: Name must be between 1 and 100 characters",
        "line 8: days: Must be at most 10 for a long title",
    ] == [each.strip() for each in str(caught.value).splitlines()]
    assert [] == await kept(settings, "members")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"title": "Walden", "author": BOOK},
            "line 2: author refers to a record that is neither there nor on a line; nothing was written",
        ),
        (
            {"title": "Walden", "author": AUTHOR, "isbn": "1"},
            "line 2: isbn must be unique; nothing was written",
        ),
    ],
)
async def test_what_the_store_refuses_is_told_with_its_line(
    settings: Settings, value: dict[str, Any], message: str
) -> None:
    """References to nothing, values that another record has."""
    author = line("authors", {"name": "Thoreau"}, id=AUTHOR)
    taken = line("volumes", {"title": "x", "author": AUTHOR, "isbn": "1"}, id=BOOK)
    await seeded(settings, author, taken)
    with pytest.raises(BrokenLines) as caught:
        await seeded(
            settings, line("authors", {"name": "other"}, id=AUTHOR), line("volumes", value, id=CHAPTER)
        )
    assert message == str(caught.value)
    assert ["Thoreau"] == [asdict(each.value)["name"] for each in await kept(settings, "authors")]


async def test_memory_cannot_be_seeded(tmp_path: Path) -> None:
    """It ends with the process that serves it."""
    settings = load_from({"DATABASE_TYPE": "memory"}, directory=tmp_path).settings
    with pytest.raises(BackupError, match="DATABASE_TYPE is memory"):
        await seeded(settings, line("items", {"name": "x"}))
