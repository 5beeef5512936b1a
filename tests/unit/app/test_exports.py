"""Imports are held to the hook `validate`, as creates are, and keep what the server had set."""

import json
from io import BytesIO
from pathlib import Path

import pytest

from estuary.app.exports import export, import_lines
from estuary.backups.errors import UnfitLine
from estuary.config.environment import load_from

REFUSED = {
    "long": "line 2: days: Must be at most 10 for a long title",
    "returns False": "line 2: hook validate of lendings returned bool: it must return None",
}


def lines(*titles: str) -> BytesIO:
    """A file with a loan of each title, for eleven days."""
    values = ({"resource": "lendings", "value": {"title": title, "days": 11}} for title in titles)
    return BytesIO(b"".join(json.dumps(value).encode() + b"\n" for value in values))


@pytest.mark.parametrize("title", REFUSED)
async def test_an_import_is_refused_where_the_hook_refuses_a_record(tmp_path: Path, title: str) -> None:
    """As a whole, with the number of the line; other hooks are not called."""
    variables = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/estuary.db",
        "RESOURCES": "tests.support.hooked:LOANS",
    }
    settings = load_from(variables, directory=tmp_path).settings

    async def imported(*titles: str) -> int:
        given = lines(*titles)
        done = await import_lines(settings, given, size=0, replace=False, report=lambda *_: None)
        return done.records

    with pytest.raises(UnfitLine) as refused:
        await imported("raises", title)
    assert REFUSED[title] == str(refused.value)
    assert 2 == await imported("raises", "x")


async def test_what_the_server_set_is_exported_and_imported(tmp_path: Path) -> None:
    """Neither another moment nor another subject takes its place; hidden ones are there, too.

    A subject stays as its token had it, with the white space around it.
    """
    value = {"title": "a", "made_by": " alice", "seen_at": "1999-12-31T23:00:00.000001Z", "writer": "bob\t"}
    line = {"resource": "entries", "created_at": "2001-02-03T04:05:06Z", "value": value}
    given = json.dumps(line).encode()
    exported = []
    for name in ("one", "two"):
        variables = {
            "DATABASE_URL": f"sqlite:///{tmp_path}/{name}.db",
            "RESOURCES": "tests.support.entries:ENTRIES",
        }
        settings = load_from(variables, directory=tmp_path).settings
        await import_lines(settings, BytesIO(given), size=0, replace=False, report=lambda *_: None)
        file = BytesIO()
        await export(settings, file, lambda *_: None)
        given = file.getvalue()
        exported.append(given)
    assert value | {"day": "2001-02-03", "note": None} == json.loads(exported[0])["value"]
    assert exported[0] == exported[1]
