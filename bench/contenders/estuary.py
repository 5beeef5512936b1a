"""Estuary as it runs in production: nothing switched off, one worker, its access log going to a file."""

import sys
from functools import partial
from pathlib import Path

from bench.contenders.contender import Contender
from bench.process import HOST, Launch

PRODUCTION = {
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


ESTUARY_MEMORY = Contender("memory", "Estuary, memory", partial(_launch, "memory"), keeps=True, ours=True)
ESTUARY_SQLITE = Contender("sqlite", "Estuary, SQLite", partial(_launch, "sqlite"), keeps=True, ours=True)
