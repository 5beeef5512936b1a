"""A fleet: replicas of one service, replaced one after the other as a rollout does."""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.process import Server, free_port, started


class Fleet:
    """Replicas that are ready; `start` starts one more, on a given port, and sees to its end."""

    def __init__(self, directory: Path, variables: Mapping[str, str], stack: ExitStack) -> None:
        self._directory = directory
        self._variables = variables
        self._stack = stack
        self.replicas: list[Server] = []

    @property
    def ports(self) -> Sequence[int]:
        """Where the replicas listen."""
        return [replica.port for replica in self.replicas]

    def add(self) -> None:
        """One more replica."""
        self.replicas.append(self._ready(free_port()))

    def replace(self, number: int) -> int:
        """Ask a replica to end, and start another on its port when it has; the old one's exit code."""
        old = self.replicas[number]
        old.send(signal.SIGTERM)
        code = old.wait()
        self.replicas[number] = self._ready(old.port)
        return code

    def _ready(self, port: int) -> Server:
        server = self._stack.enter_context(started(self._directory, {**self._variables, "PORT": str(port)}))
        server.wait_until_ready()
        return server


@contextmanager
def fleet(directory: Path, variables: Mapping[str, str], count: int = 3) -> Iterator[Fleet]:
    """So many replicas with the same variables, ready."""
    with ExitStack() as stack:
        replicas = Fleet(directory, variables, stack)
        for _ in range(count):
            replicas.add()
        yield replicas
