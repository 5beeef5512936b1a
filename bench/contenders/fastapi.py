"""FastAPI on uvicorn, with the same features as Estuary, as its tutorials write it."""

import sys
from pathlib import Path

from bench.contenders.contender import ROOT, Contender
from bench.process import HOST, Launch


def _launch(port: int, _: Path) -> Launch:
    command = [
        *(sys.executable, "-m", "uvicorn", "bench.apps.tutorial:app"),
        *("--host", HOST, "--port", str(port), "--no-access-log", "--log-level", "warning"),
        *("--loop", "uvloop", "--http", "httptools"),
    ]
    return Launch(command, {"PYTHONPATH": str(ROOT)})


FASTAPI = Contender("fastapi", "FastAPI + uvicorn, as usual", _launch, keeps=True)
