"""compose.production.yaml without its images: each service by the program that its image has.

Commands, variables, secrets, mounts, order and health checks are the file's. Others are host names, ports
and paths, and how often Prometheus looks. Grafana, Vector and Elasticsearch have no program here.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.workshop import DEPLOY, run
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, free_port, serving
from tests.support.programs import require
from tests.support.servers.daemon import Daemon
from tests.support.servers.postgres import Postgres, postgres_server
from tests.support.servers.prometheus import series
from tests.support.servers.proxy import Nginx, running

FILE = DEPLOY / "compose/compose.production.yaml"
BIN = Path(sys.executable).parent
REPLICAS = ("estuary1", "estuary2", "estuary3")
WITHOUT_PROGRAM = ("grafana", "vector", "elasticsearch")
PROXIES = "172.30.0.0/24"
"""The network that the file gives nginx and the replicas; here all is one machine."""

_PROGRAMS = {
    "redis": (),
    "prometheus": ("prometheus",),
    "alertmanager": ("prometheus-alertmanager",),
    "blackbox": ("prometheus-blackbox-exporter",),
}
"""What an image starts, before the words of the file's command."""
_NEEDED = ("redis-server", "redis-cli", "pg_isready", "busybox", *chain.from_iterable(_PROGRAMS.values()))
"""What commands and health checks of the file begin with, or run inside a shell."""
_LISTENING = {
    "redis": "--bind {host} --port {port}",
    "prometheus": "--web.listen-address={host}:{port}",
    "alertmanager": "--web.listen-address={host}:{port}",
    "blackbox": "--web.listen-address={host}:{port}",
}
_PORTS = {"redis": 6379, "prometheus": 9090, "alertmanager": 9093, "blackbox": 9115}
_PASSWORDS_ONLY = (
    f"local all all trust\nhost all postgres {HOST}/32 trust\nhost all all {HOST}/32 scram-sha-256\n"
)


def services(file: Path) -> dict[str, dict[str, Any]]:
    """The services of a file, with the defaults of its ${VARIABLES} in their places."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", file.read_text())
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return found


class Place:
    """Where things are here: what stands in the file's texts, and what stands for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self._found = {
            "/run/secrets": str(self.secrets),
            "/app/estuary": str(BIN / "estuary"),
            "/app/": f"{folder}/",
            "/etc/": f"{folder}/",
            "=/prometheus": f"={folder}/series",
            "=/alertmanager": f"={folder}/alerts",
            PROXIES: HOST,
            "$$": "$",
        }

    def know(self, name: str, inside: int, port: int) -> None:
        """Remember the port at which others find a service that has the port `inside` in its container."""
        self._found |= {f"{name}:{inside}": f"{HOST}:{port}"}

    def adapted(self, text: str) -> str:
        """A text of the file with all of that in it."""
        for there, here in self._found.items():
            text = text.replace(there, here)
        return text


class Composed(Daemon):
    """A service that the file starts and asks for its health."""

    def __init__(self, name: str, definition: Mapping[str, Any], place: Place) -> None:
        self.name = name
        self._definition = definition
        self._place = place
        folder = place.folder / f"{name}.service"
        folder.mkdir()
        super().__init__(folder)

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://{HOST}:{self.port}"

    def command(self) -> Sequence[str | Path]:
        """Its program and the file's words, and where it listens."""
        program = [require(each, shutil.which(each)) for each in _PROGRAMS[self.name]]
        words = [self._place.adapted(word) for word in self._definition["command"]]
        listening = _LISTENING[self.name].format(host=HOST, port=self.port)
        if words[:2] == ["sh", "-c"]:
            return ["sh", "-c", f"{words[2]} {listening}"]
        return [*program, *words, *listening.split()]

    def answers(self) -> bool:
        """Whether it is healthy as the file has it; the one without a check there is, when it serves."""
        if "healthcheck" not in self._definition:
            return is_healthy(["busybox", "wget", "--quiet", "--spider", f"{self.url}/-/healthy"])
        return is_healthy(check_of(self._definition, self._place, _PORTS[self.name], self.port))


class Composition:
    """What runs, by the file's names."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.services = services(FILE)
        self.replicas: dict[str, Server] = {}
        self.ports: dict[str, tuple[int, int]] = {}
        """Of each service: in its container, and here."""
        self.admin_ports: dict[str, int] = {}
        """Of each replica: that of its metrics, which in its container is one and the same."""

    @property
    def url(self) -> str:
        """Where clients ask: nginx."""
        return f"http://{HOST}:{self.ports['nginx'][1]}"

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What Prometheus has for an expression, now."""
        return series(f"http://{HOST}:{self.ports['prometheus'][1]}", expression)

    def variables(self, name: str, port: int) -> dict[str, str]:
        """The environment of a service that is Estuary."""
        given = {
            each: self.place.adapted(value) for each, value in self.services[name]["environment"].items()
        }
        given["ADMIN_PORT"] = str(self.admin_ports.setdefault(name, free_port()))
        # Tests have the limit off by default; the file does not.
        return {"RATE_LIMIT_ENABLED": "true", **given, "HOST": HOST, "PORT": str(port)}

    def once(self, name: str) -> str:
        """Run a service that ends, as `docker compose run` would; what it said."""
        words = [self.place.adapted(word) for word in self.services[name]["command"]]
        return run(BIN / "estuary", *words, **self.variables(name, free_port()))

    def is_healthy(self, name: str) -> bool:
        """What the service's own health check in the file says."""
        inside, port = self.ports[name]
        command = check_of(self.services[name], self.place, inside, port)
        return is_healthy(command, **(self.variables(name, port) if name in REPLICAS else {}))


@contextmanager
def composed(folder: Path) -> Iterator[Composition]:
    """All that has a program here, in the file's order, each healthy before what waits for it."""
    for program in _NEEDED:
        require(program, shutil.which(program))
    with ExitStack() as parts:
        composition = stores(folder, parts)
        place = composition.place
        composition.once("migrate")
        for name in REPLICAS:
            replica = parts.enter_context(serving(folder, composition.variables(name, free_port())))
            composition.replicas[name] = replica
            composition.ports[name] = (3000, replica.port)
            place.know(name, 3000, replica.port)
            place.know(name, 9000, composition.admin_ports[name])
        (folder / "nginx").mkdir()
        ports = [replica.port for replica in composition.replicas.values()]
        proxy = parts.enter_context(running(Nginx(folder / "nginx", ports)))
        composition.ports["nginx"] = (80, proxy.port)
        watch(composition, parts)
        yield composition


def stores(folder: Path, parts: ExitStack) -> Composition:
    """The beginning of it: the secrets, PostgreSQL and Redis, and a folder for data."""
    place = Place(folder)
    composition = Composition(place)
    make_secrets(place.secrets)
    database = parts.enter_context(postgres_server(files={"pg_hba.conf": _PASSWORDS_ONLY.encode()}))
    of_password(database, place.secrets)
    place.know("postgres", 5432, database.port)
    composition.ports["postgres"] = (5432, database.port)
    start(composition, "redis", parts)
    point_secrets(place)
    for name in ("data", "backups"):
        (folder / name).mkdir()
    return composition


def make_secrets(folder: Path) -> None:
    """As the documents say."""
    run(DEPLOY / "compose/secrets.sh", SECRETS=str(folder))


def point_secrets(place: Place) -> None:
    """Have the URLs among the secrets name the servers of this machine; the passwords stay."""
    for name in ("database_url", "redis_url"):
        path = place.secrets / name
        path.chmod(0o644)
        path.write_text(place.adapted(path.read_text()))


def of_password(database: Postgres, secrets: Path) -> None:
    """Give the user the password that the image would give it; without it connections are refused."""
    password = (secrets / "database_password").read_text().strip()
    database.execute(f"ALTER ROLE estuary PASSWORD '{password}'")


def start(composition: Composition, name: str, parts: ExitStack) -> None:
    """Start a service and wait until it is healthy."""
    begin(composition, Composed(name, composition.services[name], composition.place), parts)


def begin(composition: Composition, service: Composed, parts: ExitStack) -> None:
    """The same for one whose port had to be known before."""
    parts.callback(service.stop)
    service.start_anywhere()
    composition.ports[service.name] = (_PORTS[service.name], service.port)
    composition.place.know(service.name, _PORTS[service.name], service.port)


def watch(composition: Composition, parts: ExitStack) -> None:
    """Start those who watch, with the files that are mounted into them, looking each second."""
    for name in ("prometheus", "alertmanager"):
        shutil.copytree(DEPLOY / name, composition.place.folder / name)
    (composition.place.folder / "blackbox").mkdir()
    shutil.copy(DEPLOY / "prometheus/blackbox.yml", composition.place.folder / "blackbox")
    public = (DEPLOY / "compose/public.yml").read_text().replace("http://nginx", composition.url)
    (composition.place.folder / "prometheus/public.yml").write_text(public)
    for name in ("alertmanager", "blackbox"):
        start(composition, name, parts)
    prometheus = Composed("prometheus", composition.services["prometheus"], composition.place)
    configuration = composition.place.folder / "prometheus/prometheus.yml"
    configuration.write_text(
        composition.place.adapted(configuration.read_text())
        .replace("localhost:9090", f"{HOST}:{prometheus.port}")
        .replace("_interval: 15s", "_interval: 1s")
    )
    begin(composition, prometheus, parts)


def check_of(definition: Mapping[str, Any], place: Place, inside: int, port: int) -> list[str]:
    """A service's health check as it can be run here."""
    how, *words = definition["healthcheck"]["test"]
    there = HOST if inside == 80 else f"{HOST}:{inside}"
    words = [place.adapted(word).replace(f"//{there}/", f"//{HOST}:{port}/") for word in words]
    if how == "CMD-SHELL":
        return ["sh", "-c", words[0].replace("redis-cli", f"redis-cli -h {HOST} -p {port}")]
    if words[0] == "wget":
        return [require("busybox", shutil.which("busybox")), *words]
    return [*words, f"--host={HOST}", f"--port={port}"] if words[0] == "pg_isready" else words


def is_healthy(command: Sequence[str], **variables: str) -> bool:
    """Whether a health check exits with 0."""
    done = subprocess.run(
        command,
        env={**os.environ, **variables},
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return done.returncode == 0
