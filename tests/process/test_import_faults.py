"""`estuary import` keeps all lines or none, and names the line that stands in the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import estuary
from tests.support.documents import ROOT
from tests.support.hooked import LOANS
from tests.support.library import LIBRARY_REFERENCES
from tests.support.members import MEMBERS_REFERENCE

RESOURCES = f"{LIBRARY_REFERENCES},{MEMBERS_REFERENCE},tests.support.hooked:LOANS"
FIRST, SECOND = "0199c0de-1234-7abc-8def-000000000001", "0199c0de-1234-7abc-8def-000000000002"
MANY = 1_500
"""More than are read at once."""


def line(resource: str, record_id: str | None = None, **value: Any) -> str:
    """One line of a file."""
    named = {} if record_id is None else {"id": record_id}
    return json.dumps({"resource": resource, **named, "value": value})


def authors(number: int) -> list[str]:
    """Lines that are good."""
    return [line("authors", name=f"{each}") for each in range(number)]


FAULTS: dict[str, tuple[list[str], str]] = {
    "a rule that is broken": ([line("authors", name="")], "Name must be between"),
    "a value of another type": ([line("authors", name=7)], "name"),
    "a field that is missing": ([line("volumes", title="x")], "author"),
    "a resource that there is not": ([line("author", name="x")], "author"),
    "what is no JSON": (["{"], "this is not JSON"),
    "an id that is none": ([line("authors", "1", name="x")], "id must be a UUID"),
    "an id of a line before": (
        [line("authors", FIRST, name="x"), line("authors", FIRST, name="y")],
        "id must be unique, and another line has the same",
    ),
    "an id of a line far before": (
        [line("authors", FIRST, name="x"), *authors(MANY), line("authors", FIRST, name="y")],
        "id must be unique, and another line has the same",
    ),
    "a value of a line before": (
        [line("members", email="A@example.org"), line("members", email="a@example.org")],
        "email must be unique, and another line has the same",
    ),
    "what a hook refuses": ([line(LOANS.name, title="long", days=11)], "days: Must be at most 10"),
}


@pytest.mark.parametrize(("lines", "what"), FAULTS.values(), ids=FAULTS.keys())
def test_the_last_line_is_named(tmp_path: Path, lines: list[str], what: str) -> None:
    """After good ones, of which none is kept."""
    (tmp_path / "lines").write_text("\n".join([*authors(3), *lines]) + "\n")
    done = imported(tmp_path)
    assert 1 == done.returncode
    assert f"line {3 + len(lines)}: " in done.stderr, done.stderr
    assert what in done.stderr.partition(f"line {3 + len(lines)}: ")[2], done.stderr
    assert "" == exported(tmp_path)


def test_a_line_that_refers_to_no_other_is_named(tmp_path: Path) -> None:
    """Also where it is far from the end of the file, which is when that is known."""
    orphan = line("volumes", SECOND, title="x", author=FIRST)
    (tmp_path / "lines").write_text("\n".join([*authors(3), orphan, *authors(MANY)]) + "\n")
    done = imported(tmp_path)
    assert (1, True) == (
        done.returncode,
        "line 4: author refers to a record that is on no line" in done.stderr,
    )
    assert "" == exported(tmp_path)


def imported(folder: Path) -> Any:
    """The command, run on the file `lines`."""
    return estuary(folder, "import", "lines", **variables())


def exported(folder: Path) -> str:
    """All that the store holds."""
    return estuary(folder, "export", "-", **variables()).stdout


def variables() -> dict[str, str]:
    """Those of a store in the folder."""
    return {"RESOURCES": RESOURCES, "PYTHONPATH": str(ROOT), "DATABASE_TYPE": "sqlite"}
