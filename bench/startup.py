"""How long until it answers: from the start of the command to the first 200, and `estuary --version`."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bench.contenders import Contender
from bench.contenders.estuary import ESTUARY_MEMORY, ESTUARY_SQLITE
from bench.contenders.fastapi import FASTAPI
from bench.contenders.granian import BARE_RSGI
from bench.cores import pinned
from bench.process import minimal_environment
from bench.question import Settings
from bench.series import Series, times

SERVERS = (BARE_RSGI, ESTUARY_MEMORY, ESTUARY_SQLITE, FASTAPI)
COMMANDS = {
    "python": ("python -c pass", ["-c", "pass"]),
    "version": ("estuary --version", ["-m", "estuary", "--version"]),
}


@dataclass(frozen=True)
class Startup:
    """Milliseconds from the start of a command to its first answer, or to its end."""

    name: str = "startup"
    title: str = "Start-up: from the command to the first answer"
    base: str = "rsgi"

    def measure(self, settings: Settings) -> list[Series]:
        """Start each in turn, round after round."""
        timers = self._timers(settings)
        rounds = [
            {subject: timer() for subject, (_, timer) in timers.items()} for _ in range(settings.rounds)
        ]
        labels = {subject: label for subject, (label, _) in timers.items()}
        return times(self.name, "ms", labels, rounds, ours={"memory", "sqlite", "version"})

    def _timers(self, settings: Settings) -> dict[str, tuple[str, Callable[[], float]]]:
        core = settings.cores.server
        servers = {
            contender.name: (contender.label, partial(_until_ready, contender, core))
            for contender in SERVERS
            if settings.includes(contender)
        }
        commands = {
            subject: (label, partial(_until_ended, arguments, core))
            for subject, (label, arguments) in COMMANDS.items()
        }
        return {**servers, **commands}


def _until_ready(contender: Contender, core: int) -> float:
    with contender.running(core) as server:
        return server.ready_after * 1000


def _until_ended(arguments: list[str], core: int) -> float:
    begun = time.perf_counter()
    with pinned(core):
        subprocess.run(
            [sys.executable, *arguments], check=True, capture_output=True, env=minimal_environment()
        )
    return (time.perf_counter() - begun) * 1000
