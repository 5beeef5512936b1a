"""Prometheus, Alertmanager and the blackbox exporter, with configurations that tests give them."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.support.process import HOST
from tests.support.programs import require
from tests.support.servers.daemon import Daemon

# One for hundreds of queries: httpx reads all certificates whenever it makes a client. It keeps no
# connection, for servers are stopped and started.
_CLIENT = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))


def series(url: str, expression: str) -> list[dict[str, Any]]:
    """The series that the Prometheus at `url` has now; raises `ValueError` if it is no expression."""
    answer = _CLIENT.get(f"{url}/api/v1/query", params={"query": expression}).json()
    if answer["status"] != "success":
        raise ValueError(f"{expression}: {answer['error']}")
    result: list[dict[str, Any]] = answer["data"]["result"]
    return result if answer["data"]["resultType"] in {"vector", "matrix"} else [{"value": result}]


class Monitor(Daemon):
    """A server of Prometheus's family, ready when its own probe says so."""

    PROGRAM: str
    READY = "/-/ready"

    def __init__(self, folder: Path, configuration: Mapping[str, Any]) -> None:
        super().__init__(folder)
        self._program = require(self.PROGRAM, shutil.which(self.PROGRAM))
        self._configuration = folder / f"{self.PROGRAM}.yml"
        self._configuration.write_text(yaml.safe_dump(dict(configuration), sort_keys=False))

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """Where the others of its family find it."""
        return f"{HOST}:{self.port}"

    def answers(self) -> bool:
        """Whether it is ready."""
        try:
            return _CLIENT.get(self.url + self.READY).status_code == 200
        except httpx.TransportError:
            return False


class Prometheus(Monitor):
    """Prometheus, which keeps its series in its folder."""

    PROGRAM = "prometheus"

    def command(self) -> Sequence[str | Path]:
        """All in the folder, nothing asked of anybody outside."""
        return [
            self._program,
            f"--config.file={self._configuration}",
            f"--storage.tsdb.path={self.folder}/series",
            f"--web.listen-address={self.address}",
        ]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression, now; raises `ValueError` with Prometheus's message."""
        return series(self.url, expression)

    def scrapes(self, job: str) -> float:
        """How many scrapes of a job's every target there were at least, failed ones left out."""
        counts = self.query(f'count_over_time(up{{job="{job}"}}[1h]) and up{{job="{job}"}} == 1')
        return min((float(series["value"][1]) for series in counts), default=0.0)


class Alertmanager(Monitor):
    """Alertmanager, alone."""

    PROGRAM = "prometheus-alertmanager"

    def command(self) -> Sequence[str | Path]:
        """Without a cluster."""
        return [
            self._program,
            f"--config.file={self._configuration}",
            f"--storage.path={self.folder}/alerts",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",
        ]


class Blackbox(Monitor):
    """The blackbox exporter."""

    PROGRAM = "prometheus-blackbox-exporter"
    READY = "/-/healthy"

    def command(self) -> Sequence[str | Path]:
        """Its modules and its port."""
        return [
            self._program,
            f"--config.file={self._configuration}",
            f"--web.listen-address={self.address}",
        ]


@contextmanager
def monitoring(monitor: Monitor) -> Iterator[None]:
    """The monitor while it runs."""
    try:
        monitor.start_anywhere()
        yield
    finally:
        monitor.stop()
