"""`make run` on a machine that has Python and make: what it brings, and what it leaves as it is."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.deploy.workshop import ROOT
from tests.support.http import post
from tests.support.process import READY, Server, free_port
from tests.support.programs import require
from tests.support.servers.daemon import identity_of

MEGABYTE = 1024 * 1024
AT_MOST_BYTES = 60 * MEGABYTE
NOT_IN_A_CLONE = (
    ".git",
    ".venv",
    ".tools",
    "node_modules",
    "dist",
    "data",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)
BOOKS = """
from msgspec import Struct
from estuary.core.resource import Resource

class Book(Struct, frozen=True):
    title: str
{fields}
BOOKS = Resource("books", Book)
"""
_MINUTES = 10 * 60


def a_python() -> Path:
    """One that a user without rights may run, if the tests run as root and there is one."""
    found = (Path(sys.executable).resolve(), Path("/usr/bin/python3"))
    return next((path for path in found if is_for_all(path)), found[0])


def is_for_all(python: Path) -> bool:
    """Whether every user may run it, and it can make environments."""
    if not python.exists() or not all(parent.stat().st_mode & 0o001 for parent in python.parents):
        return False
    asked = [str(python), "-c", "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(asked, capture_output=True, timeout=60, check=False).returncode == 0


PYTHON = a_python()
USER = "nobody" if os.geteuid() == 0 and is_for_all(PYTHON) else None


@pytest.fixture
def clone() -> Iterator[Path]:
    """The source alone, in a folder of a user without rights."""
    with tempfile.TemporaryDirectory(prefix="estuary-clone-") as folder:
        clone = Path(folder, "clone")
        shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE))
        if USER is not None:
            for path in (Path(folder), *Path(folder).rglob("*")):
                os.chown(path, pwd.getpwnam(USER).pw_uid, pwd.getpwnam(USER).pw_gid)
        yield clone


@pytest.fixture
def bare(clone: Path) -> dict[str, str]:
    """An environment with Python and make, and nothing else that is not every Linux's."""
    programs = clone.parent / "bin"
    programs.mkdir(mode=0o755)
    for name in ("sh", "make", "rm", "cat", "uname", "dirname", "find", "sed"):
        programs.joinpath(name).symlink_to(require(name, shutil.which(name)))
    programs.joinpath("python3").symlink_to(PYTHON)
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    return {**kept, "PATH": str(programs), "HOME": str(clone.parent), "PORT": str(free_port())}


def size_of(folder: Path) -> int:
    """In bytes, as its files are long."""
    return sum(path.lstat().st_size for path in folder.rglob("*"))


@pytest.mark.long
def test_it_serves_from_what_the_service_is_made_of_alone(clone: Path, bare: dict[str, str]) -> None:
    """Without root, uv or a compiler: 60 MB at most, neither tools nor pip, and an item is kept."""
    require("python3-venv", "ensurepip" if find_spec("ensurepip") else None)
    done = subprocess.run(
        ["make", ".venv/.serves"],
        cwd=clone,
        env=bare,
        capture_output=True,
        text=True,
        timeout=_MINUTES,
        check=False,
        **identity_of(USER),
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert 201 == created(clone, bare, "items", b'{"name":"kept"}')
    assert not (clone / ".tools").exists()
    assert [] == [*clone.glob(".venv/lib/*/site-packages/pip")]
    assert size_of(clone / ".venv") <= AT_MOST_BYTES
    assert (clone / "data/estuary.db").exists()
    assert ["exec .venv/bin/estuary serve"] == said_of_running(clone, bare)

    # A resource of one's own, and the same with one field more: the table follows.
    own = {**bare, "PYTHONPATH": ".", "RESOURCES": "shop:BOOKS"}
    for fields, body in (("", b'{"title":"a"}'), ("    pages: int = 1\n", b'{"title":"b","pages":2}')):
        (clone / "shop.py").write_text(BOOKS.format(fields=fields))
        assert 201 == created(clone, own, "books", body)


def created(clone: Path, environment: dict[str, str], resource: str, body: bytes) -> int:
    """The status of the answer to a create, from a service that was started by `make run` and is ready."""
    variables = {**environment, "DATABASE_TYPE": "sqlite"}
    server = Server.start(clone, variables, command=["make", "run"], **identity_of(USER))
    try:
        server.record(READY)
        return post(server, f"/api/v1/{resource}", body).status
    finally:
        server.stop()


def test_an_executable_is_not_begun_where_it_cannot_be_made(clone: Path, bare: dict[str, str]) -> None:
    """Everything that is missing is named at once, with its package, before anything is fetched."""
    done = subprocess.run(
        ["make", "executable"], cwd=clone, env=bare, capture_output=True, text=True, timeout=60, check=False
    )
    output = [line.strip() for line in done.stderr.splitlines()]
    assert "executable: this machine lacks what PyInstaller needs:" == output[0]
    assert "ldd (Debian, Ubuntu: apt install libc-bin)" in output
    assert "objdump (Debian, Ubuntu: apt install binutils)" in output
    assert "strip (Debian, Ubuntu: apt install binutils)" in output
    assert 2 == done.returncode
    assert not (clone / ".venv").exists()


def said_of_running(clone: Path, environment: dict[str, str]) -> list[str]:
    """What `make run` would do."""
    done = subprocess.run(
        ["make", "--dry-run", "run"],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [line.strip() for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([".synced"], ["exec .venv/bin/estuary serve"]),
        ([".serves"], ["exec .venv/bin/estuary serve"]),
        ([".serves", ".synced"], ["exec .venv/bin/estuary serve"]),
        ([], ["workshop/runtime", "printf '%s' '{clone}' > .venv/.serves", "exec .venv/bin/estuary serve"]),
    ],
    ids=["for tests", "for the service", "for both", "for neither"],
)
def test_an_environment_that_can_serve_stays_as_it_is(
    clone: Path, bare: dict[str, str], stamps: list[str], expected: list[str]
) -> None:
    """After `make test`, `make run` takes nothing away; after `make run`, it fetches nothing again."""
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to(sys.executable)
    for stamp in stamps:
        (clone / ".venv" / stamp).write_text(str(clone))
    assert [line.format(clone=clone) for line in expected] == said_of_running(clone, bare)


def test_what_a_moved_checkout_has_is_made_again(clone: Path, bare: dict[str, str]) -> None:
    """The programs of an environment name the folder that it was made in."""
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to(sys.executable)
    (clone / ".venv/.serves").write_text("/elsewhere")
    assert ["rm -rf .venv", "workshop/runtime"] == said_of_running(clone, bare)[:2]
