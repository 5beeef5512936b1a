"""Sessions at a console as documents show them, compared with what is really answered."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.process import Server
from tests.support.programs import require

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "localhost:3000"
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b")
CURSOR = re.compile(r"(?<![0-9A-Za-z_-])[0-9A-Za-z_-]{60,}(?![0-9A-Za-z_-])")
DIFFERENT_EVERY_TIME = {"id", "created_at", "updated_at", "timestamp", "request_id", "seen_at", "day"}


def without_what_differs(told: Any) -> Any:
    """The JSON document `told` with a mark in place of ids and times."""
    match told:
        case dict():
            return {
                key: "…" if key in DIFFERENT_EVERY_TIME else without_what_differs(value)
                for key, value in told.items()
            }
        case list():
            return [without_what_differs(value) for value in told]
        case _:
            return told


class Example(NamedTuple):
    """A command, and the lines of the answer that a guide shows."""

    command: str
    lines: list[str]


class Answer(NamedTuple):
    """Status line, header fields and body of an answer."""

    status: str
    fields: set[str]
    body: Any


def examples(guide: Path) -> Iterator[Example]:
    """Each command of a guide with what it is said to print."""
    return examples_in(guide.read_text())


def examples_in(text: str) -> Iterator[Example]:
    """Each command of a part of a guide with what it is said to print."""
    for block in CONSOLE.findall(text):
        for one in block.split("$ ")[1:]:
            command, *lines = one.splitlines()
            yield Example(command, lines)


def assert_it_prints(told: list[Example], server: Server) -> None:
    """The commands, typed in, print these lines among the answers', but for ids, cursors and times."""
    curl = require("curl", shutil.which("curl"))
    ids: dict[str, str] = {}
    for command, lines in told:
        typed = UUID.sub(lambda found: ids.get(found[0], found[0]), command)
        arguments = shlex.split(typed.replace(ADDRESS, f"127.0.0.1:{server.port}"))[1:]
        done = subprocess.run(
            [curl, "--silent", *arguments], capture_output=True, text=True, check=True, timeout=30
        )
        # The first id that an answer holds is the one that the guide has in its place.
        for said, found in zip(UUID.findall("\n".join(lines)), UUID.findall(done.stdout), strict=False):
            ids.setdefault(said, found)
        real = UUID.sub(lambda found: next((k for k, v in ids.items() if v == found[0]), "?"), done.stdout)
        expected, answer = _parsed(lines), _parsed(real.splitlines())
        assert (command, expected.status) == (command, answer.status)
        assert set() == expected.fields - answer.fields, command
        if expected.body is not None:
            assert expected.body == answer.body, command


def _parsed(lines: list[str]) -> Answer:
    """An answer as `curl -i` prints it; the body is one line of JSON, or nothing."""
    status, *rest = [CURSOR.sub("…", line) for line in lines if line]
    body = json.loads(rest.pop()) if rest and rest[-1].startswith("{") else None
    return Answer(status.strip(), set(rest), without_what_differs(body))
