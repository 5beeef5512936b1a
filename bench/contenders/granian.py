"""Granian with nothing behind it, through both of its interfaces, set as Estuary sets it."""

import sys
from functools import partial
from pathlib import Path

from bench.contenders.contender import ROOT, Contender
from bench.process import HOST, Launch


def command(module: str, interface: str, port: int) -> list[str]:
    """Granian serving `app` of a module of `bench.apps`, one worker."""
    return [
        *(sys.executable, "-m", "granian", f"bench.apps.{module}:app"),
        *("--interface", interface, "--host", HOST, "--port", str(port)),
        *("--workers", "1", "--runtime-threads", "1", "--loop", "uvloop", "--http", "1", "--no-ws"),
        *("--backlog", "4096", "--backpressure", "4096", "--log-level", "warning"),
    ]


def _launch(interface: str, port: int, _: Path) -> Launch:
    return Launch(command(f"bare_{interface}", interface, port), {"PYTHONPATH": str(ROOT)})


BARE_RSGI = Contender("rsgi", "Granian RSGI, bare", partial(_launch, "rsgi"))
BARE_ASGI = Contender("asgi", "Granian ASGI, bare", partial(_launch, "asgi"))
