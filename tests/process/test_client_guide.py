"""The guide to clients is what really happens: its sessions and programs, in Python and in TypeScript."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.documents import ROOT
from tests.support.generators import node_modules, pyright, run, typescript
from tests.support.process import TIMEOUT_SECONDS, Server, serving

GUIDE = ROOT / "docs/client.md"
ADDRESS = "http://localhost:3000"
AS_A_BUNDLER = ("--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--skipLibCheck")
ESM = ("--module", "esnext", "--moduleResolution", "bundler")


def blocks(language: str) -> list[str]:
    """The blocks of the guide in a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


DECLARATION, AWAITED = blocks("python")
AWAITED_SAYS, TYPESCRIPT_SAYS = blocks("text")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shop is declared."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(DECLARATION)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """The shop, once the guide's sessions were typed there."""
    with serving(folder, {"DATABASE_TYPE": "memory", "RESOURCES": "shop"}) as server:
        (folder / "sessions.txt").write_text("\n".join(blocks("pycon")).replace(ADDRESS, server.origin))
        run(folder, sys.executable, "-m", "doctest", "sessions.txt")
        yield server


def test_the_sessions_print_what_the_guide_shows(server: Server) -> None:
    """Typed one after the other; what they left behind is there."""
    count = httpx.get(f"{server.origin}/api/v1/books?limit=1", timeout=TIMEOUT_SECONDS).json()["total"]
    assert 252 == count


def test_the_asynchronous_program_prints_what_the_guide_shows(server: Server, folder: Path) -> None:
    """As it stands there."""
    assert AWAITED_SAYS == run(folder, sys.executable, "-c", AWAITED.replace(ADDRESS, server.origin))


def test_the_sessions_and_programs_are_typed(folder: Path) -> None:
    """A reader who puts them into a file gets no error from mypy's strictest rules."""
    lines = "\n".join(blocks("pycon")).splitlines()
    (folder / "typed.py").write_text("\n".join(each[4:] for each in lines if each[:4] in {">>> ", "... "}))
    (folder / "awaited.py").write_text(AWAITED)
    said = run(folder, sys.executable, "-m", "mypy", "--strict", "typed.py", "awaited.py", "shop.py")
    assert "Success: no issues found in 3 source files\n" == said


@pytest.mark.long
def test_the_typescript_program_prints_what_the_guide_shows(server: Server, tmp_path: Path) -> None:
    """Under tsc's strictest rules, with the types of the service's own document."""
    document = tmp_path / "openapi.json"
    document.write_bytes(httpx.get(f"{server.origin}/openapi.json", timeout=TIMEOUT_SECONDS).content)
    (tmp_path / "node_modules").symlink_to(node_modules())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (source,) = blocks("ts")
    typescript(document, tmp_path, source.replace(ADDRESS, server.origin), *AS_A_BUNDLER, *ESM)
    assert TYPESCRIPT_SAYS == run(tmp_path, "node", "use.js")


def test_type_checkers_know_every_value(tmp_path: Path) -> None:
    """Pyright under its strictest rules here, mypy under its own with all of the code."""
    assert "0 errors, 0 warnings" in pyright(tmp_path, ROOT / "tests/support/client_user.py")
