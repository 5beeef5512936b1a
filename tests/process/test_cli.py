"""The `estuary` command as people and scripts call it: what it prints and how it exits."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from estuary import __version__
from estuary.core.build import COMPILED
from tests.support.command import estuary
from tests.support.process import environment_of, serving, until


def test_version(tmp_path: Path) -> None:
    """The version on standard output, exit 0."""
    done = estuary(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"estuary {__version__}\n")


@pytest.mark.parametrize("arguments", [("--help",), ("serve", "--help"), ("healthcheck", "--help")])
def test_help(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Help goes to standard output, exit 0."""
    done = estuary(tmp_path, *arguments)
    assert 0 == done.returncode
    assert done.stdout.startswith("usage: estuary")


@pytest.mark.parametrize(
    "arguments", [(), ("dance",), ("serve", "--fast"), ("healthcheck", "--timeout", "x")]
)
def test_wrong_arguments(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Exit 2 with the usage, and nothing is started."""
    done = estuary(tmp_path, *arguments)
    assert 2 == done.returncode
    assert "usage: estuary" in done.stdout + done.stderr
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["serve", "check", "openapi", "healthcheck"])
def test_every_configuration_error_is_reported_at_once(tmp_path: Path, command: str) -> None:
    """Exit 2 before anything starts; each variable is named with what it got and what it may be."""
    variables = {"PORT": "0", "RATE_LIMIT_ENABLED": "perhaps", "SHUTDOWN_TIMEOUT_SECONDS": "301"}
    done = estuary(tmp_path, command, **variables)
    assert (2, "") == (done.returncode, done.stdout)
    for name, got in variables.items():
        (line,) = [line for line in done.stderr.splitlines() if name in line]
        assert got in line
        assert "must be" in line
    assert [] == list(tmp_path.iterdir())


def test_check_shows_every_value_and_its_origin(tmp_path: Path) -> None:
    """Effective values with where they came from; secrets are hidden; a missing file is not made."""
    (tmp_path / ".env").write_text("MAX_IN_FLIGHT=77\nDATABASE_URL=sqlite:///records/own.db\n")
    done = estuary(tmp_path, "check", APP_PROFILE="production", DATABASE_URL="")
    assert 0 == done.returncode, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert ["77", ".env"] == rows["MAX_IN_FLIGHT"]
    assert ["production", "environment"] == rows["APP_PROFILE"]
    assert ["100", "default", "(production)"] == rows["RATE_LIMIT_MAX_REQUESTS"]
    assert ["[hidden]", ".env"] == rows["DATABASE_URL"]
    assert f"estuary {__version__}, {'compiled' if COMPILED else 'not compiled'}" in done.stdout
    assert "own.db will be made" in done.stdout
    assert "lists of items can be asked by" in done.stdout
    assert "    (created_at): no parameters" in done.stdout
    assert done.stdout.endswith("ok\n")
    assert not (tmp_path / "records").exists()


def test_check_opens_the_store(tmp_path: Path) -> None:
    """A file that is no database is found: exit 1, its reason, and the file as it was."""
    file = tmp_path / "notes.db"
    file.write_bytes(b"not a database at all" * 100)
    done = estuary(tmp_path, "check", DATABASE_URL="sqlite:///notes.db")
    assert 1 == done.returncode
    assert done.stderr.startswith("estuary: ")
    assert "Traceback" not in done.stderr
    assert b"not a database at all" * 100 == file.read_bytes()


def test_check_points_out_misspelt_variables(tmp_path: Path) -> None:
    """The nearest name is told."""
    done = estuary(tmp_path, "check", RATE_LIMT_ENABLED="false")
    assert 0 == done.returncode
    assert "RATE_LIMT_ENABLED" in done.stdout
    assert "RATE_LIMIT_ENABLED meant?" in done.stdout


def test_openapi_prints_the_document(tmp_path: Path) -> None:
    """The document that the service serves, as JSON on standard output."""
    done = estuary(tmp_path, "openapi")
    assert 0 == done.returncode
    assert "/api/v1/items/{id}" in json.loads(done.stdout)["paths"]


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (
            "no.such.module:X",
            "cannot be imported: No module named 'no' (looked for in the working directory, ",
        ),
        ("estuary.core.items:NOPE", "cannot be imported"),
        ("estuary.core.items:Item", "is not a Resource"),
        ("estuary:ITEMS,estuary:ITEMS", "RESOURCES: estuary:ITEMS is named 2 times"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "check", "openapi"])
def test_resources_that_cannot_be_served(tmp_path: Path, command: str, reference: str, reason: str) -> None:
    """Exit 2 with RESOURCES, the reference and the reason, no traceback."""
    done = estuary(tmp_path, command, RESOURCES=reference)
    assert 2 == done.returncode
    assert "RESOURCES" in done.stderr
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["check", "serve"])
def test_a_library_that_serving_needs_is_told_beforehand(tmp_path: Path, command: str) -> None:
    """`check` is not content with a configuration that `serve` would end for, whatever store it has."""
    (tmp_path / "hiredis.py").write_text("raise ModuleNotFoundError(name='hiredis')")
    counted = {"RATE_LIMIT_ENABLED": "true", "REDIS_URL": "redis://127.0.0.1:1"}
    done = estuary(tmp_path, command, PYTHONPATH=str(tmp_path), **counted)
    assert 1 == done.returncode
    assert "estuary: Redis needs a driver: pip install 'estuary-service[redis]'" in done.stderr


def test_a_library_that_a_resources_module_lacks_is_named(tmp_path: Path) -> None:
    """With its place: that the module itself was found needs no advice on where modules are looked for."""
    (tmp_path / "shop.py").write_text("import no.such")
    done = estuary(tmp_path, "openapi", RESOURCES="shop:THINGS")
    assert (
        "estuary: RESOURCES: shop:THINGS cannot be imported: its module raises "
        f"ModuleNotFoundError: No module named 'no' in {tmp_path / 'shop.py'}, line 1\n"
    ) == done.stderr


def test_a_declaration_that_cannot_be_served_is_told_with_its_place(tmp_path: Path) -> None:
    """A module may declare many resources, and they may have fields of the same name."""
    declared = (
        "class Book(msgspec.Struct, frozen=True):\n    id: str\nBOOKS = estuary.Resource('books', Book)"
    )
    (tmp_path / "shop.py").write_text(f"import estuary, msgspec\n{declared}")
    done = estuary(tmp_path, "openapi", RESOURCES="shop:BOOKS")
    assert (
        "estuary: RESOURCES: shop:BOOKS: field 'id' is Estuary's own; choose another name "
        f"(in {tmp_path / 'shop.py'}, line 4)\n"
    ) == done.stderr


FAULTY = """
from decimal import Decimal
from typing import Annotated
from estuary import Hooks, Index, Resource
from msgspec import Struct

class Book(Struct, frozen=True):
    id: str
    price: Decimal
    note: Annotated[str, "hidden"]

BOOKS = Resource("books", Book, hooks=Hooks(validate=3))

class Pen(Struct, frozen=True):
    width: Annotated[int, Index]
    name: str

PENS = Resource("pens", Pen, indexes=[("-width",), ("name",)], unique=[("nib",), ("width",), ("width",)])
GOOD = Resource("goods", Pen)
"""


@pytest.mark.parametrize("command", ["check", "serve"])
def test_every_fault_of_every_declaration_is_told_at_once(tmp_path: Path, command: str) -> None:
    """Of all resources of all modules, each with its reference and place; nothing has begun by then."""
    (tmp_path / "shop.py").write_text(FAULTY)
    (tmp_path / "more.py").write_text(f"{FAULTY.replace('import Struct', 'import Struct, gone')}\n")
    done = estuary(tmp_path, command, RESOURCES="shop:BOOKS,more:PENS,shop:PENS,shop:GOOD,shop:NONE")
    books, pens = (f"(in {tmp_path / 'shop.py'}, line {line})" for line in (12, 18))
    first, *lines = done.stderr.splitlines()
    assert (2, "estuary: the declarations have 10 problems:") == (done.returncode, first)
    assert [True, True] == ["more:PENS cannot be" in lines[0], "no attribute 'NONE'" in lines[1]]
    digits = "say once how many digits it has: Annotated[Decimal, Digits(12, 2)]"
    markers = "estuary's Index, Unique, Hidden, Was, Digits, Ref, Now and Subject"
    unknown = f"'hidden', which Estuary does not know: rules are msgspec.Meta(…), and markers are {markers}"
    assert [
        f"  RESOURCES: shop:BOOKS: hook validate must be a function, not 3 {books}",
        f"  RESOURCES: shop:BOOKS: field 'id' is Estuary's own; choose another name {books}",
        f"  RESOURCES: shop:BOOKS: field 'price': {digits} {books}",
        f"  RESOURCES: shop:BOOKS: field 'note' is Annotated with {unknown} {books}",
        f"  RESOURCES: shop:PENS: unique ('nib',) names 'nib', which is no declared field {pens}",
        f"  RESOURCES: shop:PENS: width: declared Unique twice {pens}",
        f"  RESOURCES: shop:PENS: index ('-width',) serves the same lists as another: remove it {pens}",
        f"  RESOURCES: shop:PENS: field 'name' has an index: declare its max_length {pens}",
    ] == lines[2:]
    assert [] == list(tmp_path.glob("**/*.db"))


def test_what_a_module_does_with_a_faulty_declaration_hides_no_fault(tmp_path: Path) -> None:
    """It may well fail, and says less than the fault itself; the resource is then told by its name."""
    (tmp_path / "shop.py").write_text(f"{FAULTY}\nprint(BOOKS.fields, BOOKS.plans)")
    done = estuary(tmp_path, "openapi", RESOURCES="shop:GOOD,shop:PENS")
    assert done.stderr.startswith(
        "estuary: the declarations have 8 problems:\n  RESOURCES: shop: books: hook validate must be"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import sys\nsys.exit()", "ends the process: SystemExit(None) in shop.py, line 2"),
        ("import sys\nsys.exit('gone')", "ends the process: SystemExit('gone') in shop.py, line 2"),
        (
            "raise ValueError('of mine\\nis wrong')",
            "raises ValueError: of mine is wrong in shop.py",
        ),
        ("1 / 0", "raises ZeroDivisionError: division by zero in shop.py, line 1"),
        ("class Odd(BaseException): pass\nraise Odd", "raises shop.Odd in shop.py, line 2"),
        (
            "import argparse\nargparse.ArgumentParser().parse_args(['x'])",
            "ends the process: SystemExit(2) in shop.py, line 2",
        ),
        (
            "import asyncio\nraise asyncio.CancelledError",
            "raises asyncio.exceptions.CancelledError in shop.py, line 2",
        ),
        ("def __getattr__(name): raise OSError(name)", "raises OSError: THINGS in shop.py, line 1"),
        ("import msgspec\nmsgspec.Strukt", "has no attribute 'Strukt' in shop.py, line 2"),
        ("import msgspec\n\nmsgspec.json.decode('{')", "truncated in shop.py, line 3"),
        ("\n1 +", "raises SyntaxError: invalid syntax in shop.py, line 2: '1 +'"),
        ("def f():\n1", "after function definition on line 1 in shop.py, line 2: '1'"),
        ("import ast\nast.literal_eval('1 +')", "raises SyntaxError: invalid syntax in shop.py, line 2"),
        ("x = '\0'", "Error: source code string cannot contain null bytes"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "openapi"])
def test_whatever_a_resources_module_raises_is_told(
    tmp_path: Path, command: str, source: str, message: str
) -> None:
    """Exit 2, in a line that says what and where in the module; never a success, and no traceback."""
    (tmp_path / "shop.py").write_text(source)
    done = estuary(tmp_path, command, RESOURCES="shop:THINGS")
    assert (2, "") == (done.returncode, done.stdout)
    line = done.stderr.splitlines()[-1]
    assert line.startswith("estuary: RESOURCES: shop:THINGS cannot be imported: its module ")
    assert message.replace("shop.py", str(tmp_path / "shop.py")) in line
    assert "Traceback" not in done.stderr


def test_the_place_is_the_innermost_one_in_code_of_ones_own(tmp_path: Path) -> None:
    """A module beside the declaring one is named where the mistake is in that, not who imports it."""
    (tmp_path / "shop.py").write_text("import prices")
    (tmp_path / "prices.py").write_text("import json\n\njson.loads('{')")
    done = estuary(tmp_path, "openapi", RESOURCES="shop:THINGS")
    assert done.stderr.endswith(f" in {tmp_path / 'prices.py'}, line 3\n")


SLOW = """
import os, threading
os.mkfifo("begun")
threading.Event().wait(60)
"""


@pytest.mark.parametrize("command", ["openapi", "check"])
def test_ctrl_c_while_a_resources_module_is_imported_ends_quietly(tmp_path: Path, command: str) -> None:
    """Exit 130 as a shell tells of it, and not a word."""
    (tmp_path / "shop.py").write_text(SLOW)
    with subprocess.Popen(
        [sys.executable, "-m", "estuary", command],
        cwd=tmp_path,
        env=environment_of({"RESOURCES": "shop:THINGS"}),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        until((tmp_path / "begun").exists)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert b"" == process.stderr.read()
        assert 130 == process.wait(60)


CHATTY = """
import logging, os, subprocess, sys
print("said")
os.write(1, b"written\\n")
subprocess.run(["echo", "run"])
sys.__stdout__.write("kept\\n")
logging.basicConfig(stream=sys.stdout)
logging.warning("logged")
from estuary.core.items import ITEMS
"""


@pytest.mark.parametrize("command", ["openapi", "check"])
def test_what_a_resources_module_prints_is_no_answer(tmp_path: Path, command: str) -> None:
    """It goes to standard error, however it was written; standard output is the command's."""
    quiet = estuary(tmp_path, command)
    (tmp_path / "shop.py").write_text(CHATTY)
    done = estuary(tmp_path, command, RESOURCES="shop:ITEMS")
    assert 0 == done.returncode
    for word in ("said", "written", "run", "kept", "WARNING:root:logged"):
        assert word in done.stderr.splitlines()
        assert word not in done.stdout.splitlines()
    assert len(quiet.stdout.splitlines()) == len(done.stdout.splitlines())


def test_what_a_resources_module_prints_is_no_log_line(tmp_path: Path) -> None:
    """A log of JSON objects stays one."""
    (tmp_path / "shop.py").write_text(CHATTY)
    with serving(tmp_path, {"RESOURCES": "shop:ITEMS"}) as server:
        assert 0 == server.stop()
        assert "said" in server.err.text
        assert [] == [line for line in server.out.lines if not line.startswith("{")]


def test_healthcheck(tmp_path: Path) -> None:
    """0 while the service answers, 1 when it does not; readiness by its own flag."""
    with serving(tmp_path) as server:
        port = str(server.port)
        live = estuary(tmp_path, "healthcheck", PORT=port)
        assert (0, "alive") == (live.returncode, json.loads(live.stdout)["status"])
        ready = estuary(tmp_path, "healthcheck", "--ready", PORT=port)
        assert (0, "ready") == (ready.returncode, json.loads(ready.stdout)["status"])
        assert 0 == server.stop()
    gone = estuary(tmp_path, "healthcheck", PORT=port)
    assert (1, "") == (gone.returncode, gone.stdout)
    assert f"no answer from 127.0.0.1:{port}" in gone.stderr


def test_healthcheck_does_not_hang(tmp_path: Path) -> None:
    """A server that accepts and says nothing is unhealthy after the timeout."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        done = estuary(tmp_path, "healthcheck", "--timeout", "0.2", PORT=port)
    assert 1 == done.returncode
    assert "timed out" in done.stderr
