"""Somebody who follows a guide: types its commands, saves its files, and compares what is printed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.console import ADDRESS, Example, examples_in, without_what_differs
from tests.support.documents import Block
from tests.support.process import PASSED_ON, Server, free_port, until

FILE = re.compile(r"# (\S+\.(?:py|toml))\n")
"""The first line of a block that is a file."""


class Reader:
    """Somebody at a terminal in a folder, with another one for what serves."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._variables = {
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PORT": str(self.port),
            "SHOP": f"http://127.0.0.1:{self.port}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._serving: Server | None = None
        self._saved = 0

    def follow(self, block: Block) -> None:
        """Do what a block is for: type it, save it, or compare it with what is on the screen."""
        named = FILE.match(block.body)
        if named is not None:
            self._save(named[1], block.body[named.end() :])
        elif block.language == "text":
            self._see(block.body.splitlines())
        else:
            for example in examples_in(f"```console\n{block.body}```\n"):
                self._type(example)

    def _type(self, example: Example) -> None:
        if example.command in ("estuary dev", "estuary serve &"):
            self._serve(example.command.split()[1])
        else:
            before = self._sources()
            printed = self._run(self._with_free_ports(example.command))
            if example.lines:
                assert _comparable(example.lines) == _comparable(printed), example.command
            if self._serving is not None and before != self._sources():
                self._wait_for_the_reload()

    def _with_free_ports(self, command: str) -> str:
        operators = f"ADMIN_PORT={free_port()}"
        return command.replace(ADDRESS, f"127.0.0.1:{self.port}").replace("ADMIN_PORT=3001", operators)

    def _run(self, command: str) -> list[str]:
        """What the command prints; the folder that it left, and the variables, stay for the next one."""
        left = self._folder / ".left"
        after = f'{sys.executable} -c "import json, os; print(json.dumps([os.getcwd(), dict(os.environ)]))"'
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{command}\n{after} > {left}"],
            cwd=self._folder,
            env=self._variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert 0 == done.returncode, f"{command}\n{done.stdout}{done.stderr}"
        folder, self._variables = json.loads(left.read_text())
        left.unlink()
        self._folder = Path(folder)
        return done.stdout.splitlines()

    def _serve(self, command: str) -> None:
        """Serve in the other terminal, where what served before is stopped."""
        self.stop()
        process = subprocess.Popen(
            [sys.executable, "-m", "estuary", command],
            cwd=self._folder,
            env=self._variables,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._serving, self._saved = Server.of(process, self.port), 0
        until(self._is_ready)

    @property
    def serving(self) -> Server:
        """What serves now."""
        assert self._serving is not None
        return self._serving

    def stop(self) -> None:
        """Ctrl-C in the other terminal."""
        if self._serving is not None:
            self._serving.destroy()
            self._serving = None

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.serving.origin}/health/ready").is_success
        except httpx.TransportError:
            return False

    def _save(self, name: str, content: str) -> None:
        (self._folder / name).write_text(content)
        self._wait_for_the_reload()

    def _sources(self) -> Mapping[Path, str]:
        return {path: path.read_text() for path in self._folder.glob("resources/*.py")}

    def _wait_for_the_reload(self) -> None:
        self._saved += 1
        assert self.serving.out.wait_for(lambda _: self._reloads() >= self._saved), self.serving.err.text

    def _reloads(self) -> int:
        return sum("reloaded in" in line for line in self.serving.out.lines)

    def _see(self, lines: list[str]) -> None:
        """The lines, which are the first that what serves prints."""
        expected = [line.replace(":3000", f":{self.port}") for line in lines]
        assert self.serving.out.wait_for(lambda line: line == expected[-1]), self.serving.out.text
        assert expected == self.serving.out.lines[: len(expected)]


def _comparable(lines: list[str]) -> list[Any]:
    """The lines, without the ids and times of answers."""
    return [without_what_differs(json.loads(line)) if line.startswith("{") else line for line in lines]


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    """Somebody who begins in `folder`."""
    reader = Reader(folder)
    try:
        yield reader
    finally:
        reader.stop()
