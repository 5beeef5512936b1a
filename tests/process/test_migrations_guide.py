"""The guide to migrations is what really happens: its declarations and commands, one after the other."""

import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.support.documents import ROOT
from tests.support.process import environment_of

GUIDE = ROOT / "docs/migrations.md"
BLOCK = re.compile(r"^```(python|console|json|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def test_the_guide_prints_what_it_says(tmp_path: Path) -> None:
    """Blocks of Python are the declaration from then on, of JSON what is imported, of SQL what is run."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "books.jsonl").write_text(lines_to_import())
    ran = 0
    for language, text in BLOCK.findall(GUIDE.read_text()):
        if language == "python":
            (tmp_path / "shop/books.py").write_text(text)
        elif language == "sql":
            with closing(sqlite3.connect(tmp_path / "books.db")) as connection:
                connection.execute(text)
                connection.commit()
        elif language == "console":
            for example in text.split("$ ")[1:]:
                command, *expected = example.splitlines()
                assert list(map(without_times, expected)) == printed(tmp_path, command), command
                ran += 1
    assert 9 == ran


def lines_to_import() -> str:
    """What the guide says is in the file."""
    (lines,) = (text for language, text in BLOCK.findall(GUIDE.read_text()) if language == "json")
    return str(lines)


def printed(folder: Path, command: str) -> list[str]:
    """What a command prints; the folder of the database is not told, for the guide has none."""
    *given, _ = re.split(r"(?=estuary )", command, maxsplit=1)
    variables = dict(each.split("=", 1) for each in shlex.split("".join(given)))
    arguments = shlex.split(command[len("".join(given)) :])[1:]
    done = subprocess.run(
        [sys.executable, "-m", "estuary", *arguments],
        cwd=folder,
        env=environment_of(
            {
                "RESOURCES": "shop.books:BOOKS",
                "DATABASE_URL": "sqlite:///books.db",
                "PYTHONDONTWRITEBYTECODE": "1",
                **variables,
            }
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return [without_times(line) for line in done.stdout.replace(f"{folder}/", "").splitlines()]


def without_times(line: str) -> str:
    """A line with a mark in place of each time."""
    return MOMENT.sub("…", line)
