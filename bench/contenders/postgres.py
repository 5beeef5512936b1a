"""Who keeps its items in PostgreSQL: each gets an empty database of the same server."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from bench.contenders.contender import ROOT, Contender, NewDatabase
from bench.contenders.estuary import PRODUCTION
from bench.contenders.granian import command
from bench.contenders.kinto import kinto
from bench.process import HOST, Launch


def _bare(new_database: NewDatabase, port: int, _: Path) -> Launch:
    own = {"PYTHONPATH": str(ROOT), "DATABASE_URL": new_database(f"bare_{port}")}
    return Launch(command("bare_postgres", "rsgi", port), own)


def _estuary(new_database: NewDatabase, further: Mapping[str, str], port: int, _: Path) -> Launch:
    own = {"DATABASE_URL": new_database(f"estuary_{port}"), "DATABASE_MIGRATE": "auto", **further}
    return Launch(
        [sys.executable, "-m", "estuary", "serve"], {**PRODUCTION, "HOST": HOST, "PORT": str(port), **own}
    )


def _fastapi(new_database: NewDatabase, port: int, _: Path) -> Launch:
    line = [
        *(sys.executable, "-m", "uvicorn", "bench.apps.tutorial_postgres:app"),
        *("--host", HOST, "--port", str(port), "--no-access-log", "--log-level", "warning"),
        *("--loop", "uvloop", "--http", "httptools"),
    ]
    return Launch(line, {"PYTHONPATH": str(ROOT), "DATABASE_URL": new_database(f"fastapi_{port}")})


def estuary(
    new_database: NewDatabase, label: str = "", further: Mapping[str, str] = MappingProxyType({})
) -> Contender:
    """Estuary as in production, and with `further` settings; with a label, on a database with items."""
    launch = partial(_estuary, new_database, further)
    if label:
        return Contender("postgres", f"Estuary, PostgreSQL, {label}", launch, ours=True)
    return Contender("postgres", "Estuary, PostgreSQL", launch, keeps=True, ours=True)


def on_postgres(new_database: NewDatabase) -> list[Contender]:
    """The contenders, in the order of the report."""
    return [
        Contender("rsgi-asyncpg", "Granian RSGI + asyncpg, bare", partial(_bare, new_database), keeps=True),
        estuary(new_database),
        Contender(
            "fastapi-sqlalchemy",
            "FastAPI + SQLAlchemy, as usual",
            partial(_fastapi, new_database),
            keeps=True,
        ),
        kinto(new_database),
    ]
