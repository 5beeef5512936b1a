"""The container, built and run: an unprivileged user, a read-only root, little memory.

Run by `make container-test`. It needs root, buildah, podman, runc and debootstrap.
"""

import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from estuary import __version__
from tests.deploy.compiled import WHERE_MODULES_ARE, interpreted
from tests.deploy.composed import stores
from tests.deploy.containers import BASE, HOST_LIMITS, Container, base, build, image_of, podman, running
from tests.deploy.workshop import ROOT, make
from tests.support.documents import blocks
from tests.support.process import HOST, TIMEOUT_SECONDS, free_port, until

PAGE = ROOT / "docs/deploy/container.md"
MEGABYTE = 1_000_000
MEBIBYTE = 1024 * 1024
WRITERS, WRITES = 8, 250


@pytest.fixture(scope="module")
def image() -> str:
    """The image as `make container` builds it, but for the C compiler's level: no test looks at its speed.

    The same C is compiled as it is shipped for the executable and for `make compiled-test`.
    """
    base()
    arguments = ("REVISION=of-the-test", "MYPYC_OPT_LEVEL=0")
    build("estuary:test", ROOT / "Dockerfile", *(f"--build-arg={argument}" for argument in arguments))
    return "localhost/estuary:test"


def ask(container: Container, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
    """Status and body of one answer."""
    connection = HTTPConnection(HOST, container.port, timeout=TIMEOUT_SECONDS)
    connection.request(method, path, body, {"content-type": "application/json"} if body else {})
    answer = connection.getresponse()
    output = answer.status, answer.read()
    connection.close()
    return output


def create(container: Container, name: str) -> int:
    """Create an item; the status."""
    return ask(container, "POST", "/api/v1/items", json.dumps({"name": name}))[0]


def look(image: str, *command: str) -> str:
    """What a command says in a container of `image`, as its user."""
    entrypoint, *arguments = command
    return podman("run", "--rm", *HOST_LIMITS, "--entrypoint", entrypoint, image, *arguments)


def worker_of(container: Container) -> psutil.Process:
    """The one process in it that serves requests, as the machine sees it."""
    (worker,) = psutil.Process(container.state["Pid"]).children()
    return worker


def test_the_image_says_what_it_is(image: str) -> None:
    """Version, user, port, probe and command are in the image, where engines look for them."""
    found = image_of(image)
    config = found["Config"]
    assert __version__ == config["Labels"]["org.opencontainers.image.version"]
    assert "of-the-test" == config["Labels"]["org.opencontainers.image.revision"]
    assert "1001:1001" == config["User"]
    assert ["3000/tcp"] == list(config["ExposedPorts"])
    assert ["CMD", "/app/estuary", "healthcheck"] == found["Healthcheck"]["Test"]
    assert (["/app/estuary"], ["serve"]) == (config["Entrypoint"], config["Cmd"])


def test_our_layers_are_light(image: str) -> None:
    """All that stands on the base is at most 80 MB: Estuary with every driver."""
    assert image_of(image)["Size"] - image_of(BASE)["Size"] <= 80 * MEGABYTE


def test_nothing_but_data_may_be_written(image: str) -> None:
    """What the container runs belongs to root, and its user may write to /app/data alone."""
    output = look(image, "find", "/app", "/opt/estuary", "-writable", "-not", "-type", "l")
    assert ["/app/data"] == output.split()


def test_no_tool_of_the_build_is_left(image: str) -> None:
    """Neither uv nor a compiler nor strip nor the sources' tests are in what is shipped.

    What `estuary init` makes projects of has tests, which are the projects'.
    """
    named = " -o ".join(f"-name {name}" for name in ("uv", "gcc", "mypy", "strip", "pip", "tests")).split()
    templates = ("-path", "*/estuary/templates", "-prune")
    output = look(image, "find", "/opt", "/app", "/usr/bin/", *templates, "-o", "(", *named, ")", "-print")
    assert [] == output.split()


def test_it_is_compiled(image: str) -> None:
    """Every module that can be compiled is there as a library, and is what runs."""
    output = look(image, "/opt/estuary/bin/python", "-c", WHERE_MODULES_ARE)
    assert [] == interpreted(output)
    with running(image) as container:
        assert '"compiled":true' in container.log


def test_the_bill_of_materials_names_all_that_is_installed(image: str) -> None:
    """Every library in the image is in `make sbom`, by name and version."""
    make("sbom")
    bill = json.loads((ROOT / f"dist/estuary-{__version__}.cdx.json").read_text())
    billed = {
        (part["name"], part["version"]) for part in [*bill["components"], bill["metadata"]["component"]]
    }
    output = look(image, "find", "/opt/estuary", "-name", "*.dist-info", "-printf", "%f\\n")
    installed = [line.removesuffix(".dist-info").rsplit("-", 1) for line in output.split()]
    assert set() == {(name.replace("_", "-").lower(), version) for name, version in installed} - billed


def test_the_functions_for_convex_are_in_it(image: str) -> None:
    """`estuary convex write` writes what a checkout has."""
    reported = podman("run", "--rm", *HOST_LIMITS, image, "convex", "write", "/app/data/convex")
    written = {Path(line).name for line in reported.split()}
    assert {path.name for path in (ROOT / "convex").glob("*.ts")} <= written


def test_the_pages_are_in_it(image: str) -> None:
    """Each file of /docs and /console that a checkout has."""
    output = look(image, "find", "/opt/estuary", "-path", "*/estuary/pages/*", "-printf", "%f\\n")
    pages = [path for path in (ROOT / "src/estuary/pages").rglob("*") if path.suffix != ".pyc"]
    assert set() == {path.name for path in pages if path.is_file()} - set(output.split())


def test_locked_up_it_serves_and_keeps(image: str, tmp_path: Path) -> None:
    """Without rights, with a read-only root and 128 MiB, it takes writes under load and keeps them."""
    os.chown(tmp_path, 1001, 1001)
    volume = f"--volume={tmp_path}:/app/data"
    with (
        running(image, volume, RATE_LIMIT_ENABLED="false") as container,
        ThreadPoolExecutor(WRITERS) as pool,
    ):
        names = [f"item {number}" for number in range(WRITERS * WRITES)]
        statuses = set(pool.map(lambda name: create(container, name), names))
        assert {201} == statuses
        assert not container.state["OOMKilled"]
        assert 0 == container.stop()
    with running(image, volume, RATE_LIMIT_ENABLED="false") as container:
        listed = json.loads(ask(container, "GET", "/api/v1/items?limit=1")[1])
    assert WRITERS * WRITES == listed["total"]


def test_as_the_page_runs_it_the_checklist_fails_nothing(image: str, tmp_path: Path) -> None:
    """With its variables and its backup, and a secret mounted for every user in it to read."""
    (run_command,) = [
        command
        for block in blocks(PAGE)
        for command in block.commands
        if "--detach --name estuary" in command
    ]
    given = dict(pair.split("=", 1) for pair in re.findall(r"--env (\S+)", run_command))
    token = tmp_path / "metrics_token"
    token.write_text("5f1d7a84db00d2ef21da4c4ddc3a9f6e")
    token.chmod(0o444)
    variables = {
        **given,
        "PUBLIC_URL": f"https://{HOST}:{free_port()}",
        "ADMIN_PORT": str(free_port()),
        "METRICS_TOKEN_FILE": "/run/secrets/metrics_token",
    }
    with running(image, f"--volume={token}:/run/secrets/metrics_token:ro", **variables) as container:
        container.execute("mkdir", "-p", "/app/data/backups")
        container.execute("/app/estuary", "backup", "/app/data/backups", "--keep", "14")
        report = json.loads(container.execute("/app/estuary", "check", "--deploy", "--format", "json"))
    assert [] == [check for check in report["checks"] if check["status"] == "fail"]
    passed = {check["name"] for check in report["checks"] if check["status"] == "pass"}
    assert {"profile", "files", "secrets", "store", "schema", "backups", "monitoring", "proxies"} <= passed


def test_it_has_no_rights(image: str) -> None:
    """Its processes are user 1001, hold no capability, and can gain none."""
    with running(image) as container:
        status = Path(f"/proc/{worker_of(container).pid}/status").read_text()
    facts = dict(line.split(":\t", 1) for line in status.splitlines())
    assert "1001\t1001\t1001\t1001" == facts["Uid"]
    assert {"0" * 16} == {facts[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")}
    assert "1" == facts["NoNewPrivs"]


def test_it_idles_on_little_memory(image: str) -> None:
    """All processes together hold at most 96 MiB of their own while there are no requests."""
    with running(image) as container:
        supervisor = psutil.Process(container.state["Pid"])
        every = [supervisor, *supervisor.children(recursive=True)]
        assert sum(each.memory_full_info().pss for each in every) <= 96 * MEBIBYTE


def test_the_probe_tells_well_from_unwell(image: str) -> None:
    """HEALTHCHECK, without shell or curl, succeeds, fails while the worker hangs, and succeeds again."""
    with running(image) as container:
        assert container.is_healthy()
        worker = worker_of(container)
        worker.send_signal(signal.SIGSTOP)
        assert not container.is_healthy()
        worker.send_signal(signal.SIGCONT)
        until(container.is_healthy)


def test_it_stops_when_what_is_under_way_is_done(image: str) -> None:
    """A request whose body is still coming when the engine says stop is answered; the exit code is 0."""
    body = b'{"name":"under way"}'
    with running(image) as container, ThreadPoolExecutor(1) as pool:
        connection = HTTPConnection(HOST, container.port, timeout=TIMEOUT_SECONDS)
        connection.putrequest("POST", "/api/v1/items")
        connection.putheader("content-type", "application/json")
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body[:5])
        stopped = pool.submit(container.stop)
        until(lambda: "Shutting down" in container.log)
        connection.send(body[5:])
        assert 201 == connection.getresponse().status
        assert 0 == stopped.result()


def test_secrets_come_as_files(image: str, tmp_path: Path) -> None:
    """DATABASE_URL_FILE names a secret as engines mount it; the environment does not show it."""
    secret = tmp_path / "database_url"
    secret.write_text("sqlite:////app/data/secret.db\n")
    mounted = f"--volume={secret}:/run/secrets/database_url:ro"
    with running(image, mounted, DATABASE_URL_FILE="/run/secrets/database_url") as container:
        assert 201 == create(container, "kept")
        assert "/app/data/secret.db" in container.execute("find", "/app/data").split()
        assert "secret.db" not in container.execute("env")


def test_it_serves_as_compose_starts_it(image: str, tmp_path: Path) -> None:
    """With variables, secrets, volumes and commands of compose.production.yaml: migrate, serve, backup."""
    with ExitStack() as parts:
        composition = stores(tmp_path, parts)
        services = composition.services
        mounts = [
            *(
                f"--volume={path}:/run/secrets/{path.name}:ro"
                for path in composition.place.secrets.iterdir()
            ),
            *(f"--volume={tmp_path / name}:/app/{name}" for name in ("data", "backups")),
        ]
        for name in ("data", "backups"):
            os.chown(tmp_path / name, 1001, 1001)
        admin = free_port()
        variables = {
            **services["estuary1"]["environment"],
            "TRUSTED_PROXIES": HOST,
            "ADMIN_PORT": str(admin),
        }
        del variables["PORT"]
        once = ["run", "--rm", *HOST_LIMITS, "--read-only", *mounts]
        once += [f"--env={name}={value}" for name, value in variables.items()]
        podman(*once, image, *services["migrate"]["command"])
        container = parts.enter_context(running(image, *mounts, **variables))
        assert 201 == create(container, "kept")
        assert container.is_healthy()
        assert "1 records" in podman(*once, image, *services["backup"]["command"])
        metrics = Container(container.name, admin)
        until(lambda: b"\nbackup_last_success_timestamp_seconds 1" in ask(metrics, "GET", "/metrics")[1])


def test_a_platform_may_choose_its_user(image: str) -> None:
    """With any user of group 0, as OpenShift gives, the data can be written."""
    with running(image, "--user=123456:0") as container:
        assert 201 == create(container, "of any user")
