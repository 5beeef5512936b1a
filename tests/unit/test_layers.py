"""The shape of the whole: who imports what, how long modules are, how tests look and where they stand."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard, get_args

import pytest

from estuary import app
from estuary.core.kinds.constraints import Constraint
from estuary.core.kinds.every import KINDS
from estuary.core.kinds.kind import Kind
from estuary.core.kinds.metadata import Identifier
from tests.support.imports import imported_roots, third_party_roots
from workshop.compile import COMPILED

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "estuary"
MODULES = sorted(SOURCE.rglob("*.py"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
LONGEST_MODULE = 300
ABOUT_SEVERAL_MODULES = frozenset(
    {
        "limits/test_waiting.py",
        "stores/convex/test_outages.py",
        "stores/postgres/test_server.py",
        "stores/postgres/test_urls.py",
        "stores/sqlite/test_deadlines.py",
        "stores/sqlite/test_layouts.py",
        "stores/sqlite/test_lost_files.py",
        "stores/sqlite/test_open.py",
        "telemetry/test_hosts.py",
    }
)
"""Unit tests of what several modules do together, named after that."""


def imported_modules(module: Path) -> set[str]:
    """The modules that a module takes names from."""
    return {
        node.module
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }


def closed(node: ast.Match) -> bool:
    """Whether a `match` distinguishes storages, constraints or kinds."""
    named = {ast.unparse(part) for case in node.cases for part in ast.walk(case.pattern)}
    return any(name.startswith("Storage.") for name in named) or bool(
        {part.cls.id for case in node.cases for part in ast.walk(case.pattern) if is_named_class(part)}
        & {each.__name__ for each in (*get_args(Constraint), *KINDS)}
    )


def is_named_class(node: ast.AST) -> TypeGuard[Any]:
    """Whether a pattern is that of a class by a name of one word: those of msgspec's types have two."""
    return isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name)


def subclasses(kind: type[Any]) -> Iterator[type[Kind]]:
    """Those that can be declared, at any depth."""
    for each in kind.__subclasses__():
        if hasattr(each, "annotation"):
            yield each
        yield from subclasses(each)


def silent_tests(module: Path) -> Iterator[str]:
    """The tests in a module that do not say what must hold."""
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test_"):
                if not ast.get_docstring(node):
                    yield name


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """What a program of the workshop says, started in the root of the checkout."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def loaded_after(statement: str) -> set[str]:
    """The modules in memory of a fresh interpreter that has run `statement`."""
    done = run(sys.executable, "-c", f"import sys\n{statement}\nprint(*sys.modules)")
    assert 0 == done.returncode, done.stderr
    return set(done.stdout.split())


def test_the_layer_contracts_hold() -> None:
    """import-linter keeps every contract of pyproject.toml: layers, siblings, one adapter a driver."""
    done = run(Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo")
    assert 0 == done.returncode, done.stdout + done.stderr


def test_core_imports_nothing_but_the_standard_library_msgspec_and_the_compilers_decorators() -> None:
    """Whatever is installed, core uses these alone; which parts do I/O is for the contracts to forbid."""
    core = {root for module in SOURCE.glob("core/**/*.py") for root in imported_roots(module)}
    assert {"msgspec", "mypy_extensions", "estuary"} == core - sys.stdlib_module_names


def test_every_driver_has_a_contract_that_names_its_adapter() -> None:
    """A library that Estuary imports is protected: a second adapter that took to it would be found."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    protected = {
        module
        for contract in contracts
        if contract["type"] == "protected"
        for module in contract["protected_modules"]
    }
    # msgspec is no driver but the language in which every layer declares its data.
    assert set() == third_party_roots(MODULES) - {"msgspec"} - protected


def test_no_layer_names_a_kind_of_field() -> None:
    """Each asks a field for its kind and the kind for what it needs: a new one changes no layer."""
    kinds = {kind.__module__ for kind in KINDS}
    outside = [module for module in MODULES if not module.is_relative_to(SOURCE / "core/kinds")]
    assert [] == [module for module in outside if imported_modules(module) & kinds]


def test_every_kind_is_listed_and_compiled() -> None:
    """A kind that is not in the list does not exist; its rule is on a request's way."""
    contract = {"__init__", "constraints", "declared", "every", "json_schema", "kind", "metadata", "number"}
    contract.add("server_values")
    modules = {module.stem for module in (SOURCE / "core/kinds").glob("*.py")} - contract
    assert modules == {kind.__module__.rpartition(".")[2] for kind in KINDS}
    assert set() == {f"core/kinds/{module}" for module in modules} - set(COMPILED)


def test_every_kind_that_is_defined_is_listed() -> None:
    """But that of ids, which no declaration asks for; Kinds of tests are in modules of their own."""
    defined = {each for each in subclasses(Kind) if each.__module__.startswith("estuary.")}
    assert {*KINDS, Identifier} == defined


def test_no_match_forgets_a_storage_a_constraint_or_a_kind() -> None:
    """Each ends in `assert_never`, so that a new one is a type error until every engine knows it."""
    found = {
        f"{module.relative_to(SOURCE)}: {ast.unparse(node.subject)}": ast.unparse(node.cases[-1])
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Match) and closed(node)
    }
    assert {"stores/sql/types.py: stored.storage", "stores/sql/tables.py: constraint"} <= set(found)
    assert [] == [place for place, last in found.items() if not re.search(r"\bassert_never\(", last)]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_module_outgrows_one_reading(module: Path) -> None:
    """A module that needs more than 300 lines holds more than one noun."""
    assert len(module.read_text().splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", TESTS, ids=lambda path: str(path.relative_to(ROOT / "tests")))
def test_every_test_says_what_must_hold(module: Path) -> None:
    """A failing test says in its docstring which promise is broken."""
    assert [] == list(silent_tests(module))


@pytest.mark.parametrize(
    "module", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT / "tests"))
)
def test_no_module_imports_a_test_module(module: Path) -> None:
    """What tests share is in tests/support, or in a module beside them that holds no tests."""
    assert [] == [name for name in imported_modules(module) if ".test_" in name]


@pytest.mark.parametrize("folder", sorted(path.name for path in SOURCE.iterdir() if path.is_dir()))
def test_a_unit_test_stands_where_its_module_does(folder: str) -> None:
    """tests/unit/a/test_b.py is about src/estuary/a/b.py, or about the package a/b."""
    unit = ROOT / "tests/unit"
    tests = (path.relative_to(unit) for path in unit.glob(f"{folder}/**/test_*.py"))
    elsewhere = {
        str(test)
        for test in tests
        if not (module := SOURCE / test.with_name(test.name.removeprefix("test_"))).exists()
        and not module.with_suffix("").is_dir()
    }
    assert set() == elsewhere - ABOUT_SEVERAL_MODULES


def test_what_is_about_several_modules_is_there() -> None:
    """No exception outlives its test."""
    assert [] == [name for name in ABOUT_SEVERAL_MODULES if not (ROOT / "tests/unit" / name).exists()]


def test_the_memory_store_is_served_without_sql() -> None:
    """Neither SQLAlchemy nor SQLite costs a process anything that keeps its records in memory."""
    loaded = loaded_after("import estuary.app.composition, estuary.server.worker, estuary.stores.memory")
    assert set() == loaded & {"sqlalchemy", "sqlite3", "estuary.stores.sql", "estuary.stores.sqlite"}


def test_no_name_of_the_application_is_one_of_its_modules() -> None:
    """It is imported when it is asked for; a module of the same name would be found in its place."""
    modules = {path.stem for path in (SOURCE / "app").iterdir()}
    assert set() == set(app.__all__) & modules


def test_tables_that_fit_are_served_without_a_migrator(tmp_path: Path) -> None:
    """Alembic costs half a second and 50 MB: neither a new file nor one that fits pays for it."""
    loaded = loaded_after(
        "import asyncio, pathlib; from estuary.core.items import ITEMS; "
        "from estuary.stores.sqlite import SqliteStore\n"
        f"path = pathlib.Path({str(tmp_path)!r}) / 'x.db'\n"
        "for _ in range(2): asyncio.run(SqliteStore(path, [ITEMS]).open())"
    )
    assert "estuary.stores.sqlite" in loaded
    assert set() == loaded & {"alembic", "greenlet", "mako", "sqlalchemy.orm"}


def test_the_command_line_loads_nothing_it_does_not_need() -> None:
    """`estuary --version` answers at once: no server, no event loop, no codec is imported for it.

    Nor does `estuary serve` keep a parser of arguments, which it needs no more once it runs.
    """
    needless = {"asyncio", "httptools", "msgspec", "sqlalchemy", "sqlite3", "uvloop"}
    assert set() == loaded_after("import estuary.cli.parser") & needless
    assert set() == loaded_after("import estuary.cli.serve") & {*needless, "argparse"}


def test_the_supervisor_of_one_worker_stays_light() -> None:
    """It loads neither the application nor an event loop or OpenSSL: half of what its worker holds."""
    loaded = loaded_after(
        "from estuary.beginning import import_msgspec_alone; import_msgspec_alone()\n"
        "import estuary.server\n"
        "from pathlib import Path; from estuary.config.environment import load_from\n"
        "from estuary.app import SharedState; SharedState(load_from({}, directory=Path('/')).settings)"
    )
    assert "estuary.app.shared_state" in loaded
    heavy = {"asyncio", "hashlib", "httptools", "logging", "random", "sqlalchemy", "ssl", "uvloop"}
    assert set() == loaded & {
        *heavy,
        *("ast", "inspect", "typing_extensions"),
        "estuary.app.composition",
        "estuary.core.ports",
        "estuary.http.kernel",
    }
    # One of the other compiled modules, and it loads the library that holds them all.
    assert {"estuary.telemetry.intake"} == loaded & {
        f"estuary.{name.replace('/', '.')}" for name in COMPILED
    }


def test_a_worker_imports_nothing_for_what_is_not_configured() -> None:
    """Without API keys, references and hooks, it does without what serves them."""
    loaded = loaded_after(
        "from pathlib import Path; from estuary.config.environment import load_from\n"
        "from estuary.app import build; build(load_from({}, directory=Path('/')).settings)"
    )
    assert "estuary.http.kernel" in loaded
    assert set() == loaded & {
        "estuary.auth.verified",
        "estuary.core.api_keys.key_administration",
        "estuary.core.hooks.hook_calls",
        "estuary.core.hooks.hooked_records",
        "estuary.http.asgi",
        "estuary.http.keys.handlers",
        "estuary.limits.outage",
        "estuary.stores.cached",
        "estuary.stores.referring",
    }


def test_a_worker_imports_nothing_for_what_is_rarely_asked() -> None:
    """Dates, similar words, disks: each of these modules brings several others, in every worker."""
    loaded = loaded_after("import estuary.app.composition, estuary.server.worker, estuary.stores.memory")
    assert set() == loaded & {"difflib", "email", "estuary.backups", "random", "shutil", "tempfile"}


def test_pages_that_are_off_cost_nothing() -> None:
    """None of their modules is imported for a service without them, and no file of theirs read."""
    loaded = loaded_after(
        "from pathlib import Path; from estuary.config.environment import load_from; "
        "from estuary.app import build\n"
        "build(load_from({'DATABASE_TYPE': 'memory', 'LOG_FILTER': 'off'}, directory=Path('/')).settings)"
    )
    assert "estuary.app.pages" in loaded
    assert set() == loaded & {"estuary.app.console", "estuary.http.pages", "estuary.pages", "gzip"}


def test_the_client_brings_nothing_of_the_server() -> None:
    """But the markers of declarations, by which it knows hidden fields."""
    loaded = loaded_after("import estuary.client")
    assert "httpx2" in loaded
    ours = {
        name for name in loaded if name.startswith("estuary.") and not name.startswith("estuary.client")
    }
    assert {"estuary.core", "estuary.core.markers"} == ours
    assert set() == loaded & {"httptools", "sqlalchemy", "sqlite3", "uvloop"}
