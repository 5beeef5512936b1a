"""`estuary migrate`, as an operator of a SQLite file meets it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.http import get, post
from tests.support.process import NOT_READY, environment_of, serving
from tests.support.servers import shared

PARTS = """
from msgspec import Struct
from estuary.core.resource import Resource

class Part(Struct, frozen=True):
    name: str
{fields}
PARTS = Resource("parts", Part)
"""
BODY = b'{"name":"bolt"}'


def declare(folder: Path, *fields: str) -> None:
    """Declare parts with these fields besides their name."""
    text = "".join(f"    {field}\n" for field in fields)
    (folder / "shop.py").write_text(PARTS.format(fields=text))


def variables_of(folder: Path, **more: str) -> dict[str, str]:
    """The settings of a service on a file in `folder`."""
    return {
        "RESOURCES": "shop:PARTS",
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'parts.db'}",
        **more,
    }


def migrate(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "estuary", "migrate", *arguments],
        cwd=folder,
        env=environment_of(variables_of(folder, **more)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_plan_makes_no_file(tmp_path: Path) -> None:
    """The SQL of all tables is printed, fit to be read by another program; there still is no database."""
    declare(tmp_path)
    planned = migrate(tmp_path, "--plan")
    assert (0, "") == (planned.returncode, planned.stderr)
    assert "CREATE TABLE parts (" in planned.stdout
    assert planned.stdout.endswith(";\n")
    assert not (tmp_path / "parts.db").exists()


def test_a_service_waits_for_its_migration_and_then_serves(tmp_path: Path) -> None:
    """Planned, run and found done; what was there before has the new field's default."""
    declare(tmp_path)
    with serving(tmp_path, variables_of(tmp_path)) as server:
        assert 201 == post(server, "/api/v1/parts", BODY).status
        assert 0 == server.stop()
    declare(tmp_path, "amount: int = 7")
    unmigrated = variables_of(tmp_path, DATABASE_MIGRATE="check")
    with serving(tmp_path, unmigrated, message=NOT_READY) as server:
        assert b'"not_migrated"' in get(server, "/health/ready").body
        assert "ADD COLUMN amount" in migrate(tmp_path, "--plan").stdout
        assert b'"not_migrated"' in get(server, "/health/ready").body
        assert "migrated the store: 1 statements\n" == migrate(tmp_path).stdout
        server.wait_until_ready()
        assert 200 == get(server, "/health/ready").status
        assert b'"amount":7' in get(server, "/api/v1/parts").body
        assert 0 == server.stop()
    assert "nothing to migrate: the store fits the declared resources\n" == migrate(tmp_path).stdout


def test_what_would_lose_records_is_refused(tmp_path: Path) -> None:
    """Exit 1, with the field and what to do; a service does not start on it either."""
    declare(tmp_path)
    with serving(tmp_path, variables_of(tmp_path)) as server:
        assert 201 == post(server, "/api/v1/parts", BODY).status
        assert 0 == server.stop()
    declare(tmp_path, "origin: str")
    before = (tmp_path / "parts.db").read_bytes()
    refused = migrate(tmp_path)
    assert (1, "") == (refused.returncode, refused.stdout)
    assert "field origin is new, required and without a default" in refused.stderr
    assert before == (tmp_path / "parts.db").read_bytes()


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_comparison_without_its_library_says_once_what_to_install(tmp_path: Path, engine: str) -> None:
    """Tables that differ cannot be compared without Alembic: it is said once, with what brings it."""
    database: dict[str, str] = {}
    if engine == "postgres":
        server = shared.postgres()
        server.empty()
        database["DATABASE_URL"] = server.url
    declare(tmp_path)
    assert 0 == migrate(tmp_path, **database).returncode
    declare(tmp_path, "amount: int = 7")
    (tmp_path / "alembic.py").write_text("raise ModuleNotFoundError(name='alembic')")
    refused = migrate(tmp_path, **database)
    message = (
        "estuary: The tables differ from the declared resources: run `estuary migrate`. Comparing them "
        "needs a library: pip install 'estuary-service[migrate]' (in a checkout: make setup)\n"
    )
    stderr = refused.stderr.replace(f"{tmp_path / 'parts.db'}: ", "")  # SQLite's store names its file
    assert (1, "", message) == (refused.returncode, refused.stdout, stderr)


def test_memory_has_nothing_to_migrate(tmp_path: Path) -> None:
    """There are no tables, and that is no mistake."""
    done = subprocess.run(
        [sys.executable, "-m", "estuary", "migrate"],
        cwd=tmp_path,
        env=environment_of({"DATABASE_TYPE": "memory"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert 0 == done.returncode
    assert "nothing to migrate: the store fits the declared resources\n" == done.stdout
