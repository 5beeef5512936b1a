"""Estuary as it runs in production: nothing switched off, one worker, its access log going to a file."""

import sys
from functools import partial
from pathlib import Path

from bench.contenders.contender import ROOT, Contender
from bench.process import HOST, Launch

COMPILED = ROOT / ".tools" / "compiled"
"""What `make compile` makes; without it the source is measured, and called so."""

_WITHOUT_COMPILER = "" if COMPILED.is_dir() else " (source)"

PRODUCTION = {
    "PYTHONPATH": str(COMPILED),
    "APP_PROFILE": "production",
    "HOST": HOST,
    "WORKERS": "1",
    "RATE_LIMIT_ENABLED": "true",
    "RATE_LIMIT_MAX_REQUESTS": "1000000000",
    "CORS_ALLOWED_ORIGINS": "https://app.example.com",
    "LOG_FORMAT": "json",
    "LOG_FILTER": "estuary=info",
    "SHUTDOWN_DRAIN_SECONDS": "0",
}


def environment(store: str, port: int, folder: Path) -> dict[str, str]:
    """The whole configuration of a production server on one store; its file lies in `folder`."""
    settings = {**PRODUCTION, "PORT": str(port), "DATABASE_TYPE": store}
    if store == "sqlite":
        settings["DATABASE_URL"] = f"sqlite:///{folder / 'estuary.db'}"
    return settings


def _launch(store: str, port: int, folder: Path) -> Launch:
    return Launch([sys.executable, "-m", "estuary", "serve"], environment(store, port, folder))


def _launch_source(port: int, folder: Path) -> Launch:
    launch = _launch("memory", port, folder)
    return Launch(launch.command, {**launch.environment, "PYTHONPATH": str(ROOT / "src")})


def _estuary(store: str, label: str) -> Contender:
    return Contender(
        store, f"Estuary, {label}{_WITHOUT_COMPILER}", partial(_launch, store), keeps=True, ours=True
    )


ESTUARY_MEMORY = _estuary("memory", "memory")
ESTUARY_SQLITE = _estuary("sqlite", "SQLite")
ESTUARY_SOURCE = Contender("source", "Estuary, memory, not compiled", _launch_source, keeps=True, ours=True)
