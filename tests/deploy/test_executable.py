"""The executable runs where nothing is installed, and is laid out as the operators' guide has it."""

import json
import os
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from estuary import __version__
from tests.deploy.bare import HOME, bare
from tests.deploy.workshop import ROOT, make, run
from tests.support.http import Connection, get, post, request
from tests.support.issuer import AUDIENCE, issuing
from tests.support.process import READY, TIMEOUT_SECONDS, Server, environment_of, serving
from workshop.compile import COMPILED, missing

PROGRAM = str(HOME / "program/estuary")
UV = ROOT / "workshop/uv"
DRIVERS = (
    "aiohttp",
    "alembic.autogenerate",
    "asyncpg",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "jwt",
    "hiredis",
)
DECLARATION = """\
from msgspec import Struct
from estuary.core.resource import Resource
{imports}

class Part(Struct, frozen=True):
    title: str

PARTS = Resource("parts", Part)
"""


def libraries(package: Path) -> set[str]:
    """The compiled modules in a folder, as `workshop/compile.py` names them."""
    return {path.relative_to(package).as_posix().partition(".")[0] for path in package.rglob("*.so")}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The one folder that may be written."""
    path = tmp_path / "data"
    path.mkdir()
    return path


def said(command: list[str], variables: Mapping[str, str] | None = None) -> str:
    """What a command of the executable prints; it must succeed."""
    done = subprocess.run(
        command,
        env=environment_of(variables or {}),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def stop_inside(server: Server) -> int:
    """End the supervisor in its system, as a service manager would; the exit code that comes out."""
    programs = [psutil.Process(pid) for pid in server.workers]
    supervisor = next(each for each in programs if each.cmdline() == [PROGRAM, "serve"])
    supervisor.terminate()
    return server.wait()


def test_it_serves_without_python_and_writes_its_data_only(
    executable: Path, data: Path, tmp_path: Path
) -> None:
    """As an unprivileged user, with all but data/ read-only, records survive a restart."""
    variables = {"APP_PROFILE": "production", "DATABASE_TYPE": "sqlite", "DATABASE_URL": ""}
    variables |= {"DOCS_ENABLED": "true", "CONSOLE": "api"}
    command = [*bare(executable, data=data), PROGRAM, "serve"]
    with serving(tmp_path, variables, command=command) as server:
        assert 201 == post(server, "/api/v1/items", b'{"name":"kept"}').status
        assert 0 == stop_inside(server)
    with serving(tmp_path, variables, command=command) as server:
        listed = json.loads(get(server, "/api/v1/items").body)
        assert [200, 200] == [get(server, path).status for path in ("/docs/", "/console/")]
    assert ["kept"] == [item["name"] for item in listed["items"]]
    assert {"estuary.db"} == {path.name.partition("-")[0] for path in data.iterdir()}


def test_it_verifies_tokens(executable: Path, tmp_path: Path) -> None:
    """With authentication it starts, fetches the issuer's keys, and knows a good token from none."""
    with issuing() as issuer:
        variables = {"AUTH_ENABLED": "true", "AUTH_ISSUER": issuer.url, "AUTH_AUDIENCE": AUDIENCE}
        with serving(tmp_path, variables, command=[str(executable / "estuary"), "serve"]) as server:
            assert 401 == get(server, "/api/v1/items").status
            with Connection(server) as connection:
                field = f"Authorization: Bearer {issuer.token()}\r\n\r\n".encode()
                connection.send(request("GET", "/api/v1/items")[:-2] + field)
                assert 200 == connection.receive().status


def test_one_file_is_enough(executable: Path, tmp_path: Path) -> None:
    """dist/estuary-onefile unpacks itself, serves, and leaves in order when it is told to."""
    (tmp_path / "tmp").mkdir()
    onefile = executable.parent / "estuary-onefile"
    with serving(tmp_path, {"TMPDIR": str(tmp_path / "tmp")}, command=[str(onefile), "serve"]) as server:
        assert 200 == get(server, "/health/ready").status
        assert 0 == server.stop()
    assert [] == list((tmp_path / "tmp").iterdir())


def test_it_is_the_version_of_its_sources(executable: Path) -> None:
    """What is built says what it is."""
    assert f"estuary {__version__}" == said([str(executable / "estuary"), "--version"]).strip()


def test_it_is_compiled_wherever_that_can_be(executable: Path, tmp_path: Path) -> None:
    """Modules on a request's way are libraries that serve, if this machine can compile them."""
    could = [] == missing()
    with serving(tmp_path, command=[str(executable / "estuary"), "serve"]) as server:
        assert could == server.record(READY)["compiled"]
    assert set(COMPILED if could else ()) == libraries(executable / "lib/estuary")


def test_without_a_compiler_it_is_made_of_the_source() -> None:
    """`make executable` says that it will be slower, and why, and goes on with the source."""
    done = subprocess.run(
        ["make", "-C", ROOT, "--always-make", "--dry-run", "executable"],
        env={**os.environ, "CC": "no-such-compiler"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=True,
    )
    assert "not compiled, which is slower: there is no C compiler (no-such-compiler)" in done.stdout
    assert re.search(r"pyinstaller .*\\\n.*estuary\.spec *$", done.stdout, re.MULTILINE), done.stdout


def test_it_brings_every_driver_and_finds_declarations(
    executable: Path, data: Path, tmp_path: Path
) -> None:
    """Each optional library is in it; PYTHONPATH says where the resources of its user are declared."""
    imports = "\n".join(f"import {driver}" for driver in DRIVERS)
    (tmp_path / "shop.py").write_text(DECLARATION.format(imports=imports))
    command = [*bare(executable, data=data, read=(tmp_path,)), PROGRAM, "openapi"]
    document = json.loads(said(command, {"RESOURCES": "shop:PARTS", "PYTHONPATH": str(tmp_path)}))
    assert "/api/v1/parts" in document["paths"]


def test_it_brings_the_functions_for_convex(executable: Path, tmp_path: Path) -> None:
    """`estuary convex write` writes what a checkout has."""
    said([str(executable / "estuary"), "convex", "write", str(tmp_path / "convex")])
    written = {path.name for path in (tmp_path / "convex").iterdir()}
    assert {path.name for path in (ROOT / "convex").glob("*.ts")} <= written


@pytest.mark.usefixtures("executable")
def test_the_guides_tree_is_laid_out(tmp_path: Path) -> None:
    """PREFIX holds the program, .env, data/ and units that name it; nothing of data or .env is lost."""
    prefix = tmp_path / "srv/estuary"
    path = tmp_path / "usr/bin"
    make("install", PREFIX=str(prefix), BINDIR=str(path))
    assert {"estuary", "releases", ".env", "data", "systemd", "bin"} == {
        each.name for each in prefix.iterdir()
    }
    assert "\nADMIN_PORT=9000\n" in (prefix / ".env").read_text()
    (prefix / ".env").write_text("PORT=3001\n")
    (prefix / "data/estuary.db").write_text("records")
    make("install", PREFIX=str(prefix), BINDIR=str(path))
    assert "PORT=3001\n" == (prefix / ".env").read_text()
    assert "records" == (prefix / "data/estuary.db").read_text()
    assert f"estuary {__version__}" == said([str(prefix / "estuary"), "--version"]).strip()
    units = "".join(each.read_text() for each in [*(prefix / "systemd").iterdir(), path / "estuary"])
    assert str(prefix) in units
    assert "/opt/estuary" not in units


@pytest.mark.usefixtures("executable")
def test_the_command_is_on_path(tmp_path: Path) -> None:
    """`make install` links it there; without a service it is the program. What is there already stays."""
    path = tmp_path / "usr/bin"
    make("install", PREFIX=str(tmp_path / "opt"), BINDIR=str(path))
    assert tmp_path / "opt/bin/estuary" == (path / "estuary").readlink()
    unit = f"no-{tmp_path.name}.service"
    command = ["sh", "-c", "cd / && estuary openapi"]
    told = run(*command, PATH=f"{path}:{os.environ['PATH']}", ESTUARY_UNIT=unit)
    assert "/api/v1/items" in json.loads(told)["paths"]
    (path / "estuary").unlink()
    (path / "estuary").write_text("a program of somebody else's")
    make("install", PREFIX=str(tmp_path / "opt"), BINDIR=str(path))
    assert "a program of somebody else's" == (path / "estuary").read_text()


@pytest.mark.usefixtures("executable")
def test_an_earlier_release_stays_for_the_way_back(tmp_path: Path) -> None:
    """Another version beside the new one is not touched: the link points back to it when it must."""
    earlier = tmp_path / "releases/0.0.9"
    earlier.mkdir(parents=True)
    (earlier / "estuary").write_text("an earlier program")
    (tmp_path / "estuary").symlink_to("releases/0.0.9/estuary")
    make("install", PREFIX=str(tmp_path), BINDIR=str(tmp_path / "path"))
    assert Path("releases", __version__, "estuary") == (tmp_path / "estuary").readlink()
    assert "an earlier program" == (earlier / "estuary").read_text()


def test_what_asks_for_compilation_says_yes_or_no(tmp_path: Path) -> None:
    """Another value of ESTUARY_COMPILE builds nothing, and is named with what it may be."""
    done = subprocess.run(
        [UV, "build", "--wheel", "--out-dir", tmp_path, ROOT],
        env={**os.environ, "ESTUARY_COMPILE": "maybe"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert 0 != done.returncode
    assert "ESTUARY_COMPILE is 'maybe': it must be 1 (compile) or 0 (leave it Python)" in done.stderr
    assert [] == list(tmp_path.glob("*.whl"))


WRITTEN_BY_US = {
    *("bench", "convex", "deploy", "docs", "examples", "src", "tests", "workshop"),
    *("Makefile", "pyproject.toml", "uv.lock", "LICENSE", ".env.example", ".gitignore", "PKG-INFO"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"),
}
"""What a source archive may hold: nothing that happens to lie in the checkout."""


def test_packages_are_whole(tmp_path: Path) -> None:
    """The wheel runs where it is installed, and the source archive makes the same wheel."""
    make("packages")
    wheel = ROOT / f"dist/estuary_service-{__version__}-py3-none-any.whl"
    source = ROOT / f"dist/estuary_service-{__version__}.tar.gz"
    with tarfile.open(source) as archive:
        folders = {Path(name).parts[1] for name in archive.getnames()}
    assert set() == folders - WRITTEN_BY_US
    pages = [path for path in (ROOT / "src/estuary/pages").rglob("*") if path.suffix != ".pyc"]
    with zipfile.ZipFile(wheel) as packed:
        files = {str(path.relative_to(ROOT / "src")) for path in pages if path.is_file()}
        assert set() == files - set(packed.namelist())
    installed = tmp_path / "wheel"
    run(UV, "pip", "install", "--quiet", "--no-deps", "--target", installed, wheel)
    told = said(
        [str(ROOT / ".venv/bin/python"), "-m", "estuary", "--version"],
        {"PYTHONPATH": str(installed)},
    )
    assert f"estuary {__version__}" == told.strip()
    run(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path / "again", source)
    assert wheel.read_bytes() == (tmp_path / "again" / wheel.name).read_bytes()
