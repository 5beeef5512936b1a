"""The Compose files: valid, locked up, started by health, and agreeing with what they refer to."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from estuary import __version__
from estuary.config.checklist.evaluation import failures_by_configuration
from estuary.config.environment import Loaded, load_from
from tests.deploy.composed import services
from tests.deploy.workshop import DEPLOY, ROOT, run, tool

FOLDER = DEPLOY / "compose"
FILES = (FOLDER / "compose.yaml", FOLDER / "compose.production.yaml")
TLS = FOLDER / "compose.tls.yaml"
REPLICAS = ("estuary1", "estuary2", "estuary3")
OF_THE_MACHINE = ("/var/run/docker.sock", "./backups")
SECRET_MOUNT = "/run/secrets/"

ADMIN = 9000

by_file = pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)


def ours(file: Path) -> dict[str, dict[str, Any]]:
    """The services that are Estuary."""
    return {name: each for name, each in services(file).items() if each["image"].startswith("estuary:")}


@pytest.mark.parametrize("file", [*FILES, TLS], ids=lambda path: path.name)
def test_the_schema_is_kept(file: Path) -> None:
    """The Compose specification's own schema accepts the file."""
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)
    assert 0 == done.returncode, done.stdout


@by_file
def test_images_are_named_by_version(file: Path) -> None:
    """None moves by itself, and Estuary's is the version of its sources."""
    tags = {each["image"]: each["image"].rpartition(":")[2] for each in services(file).values()}
    assert [] == [image for image, tag in tags.items() if not re.match(r"v?\d", tag)]
    assert {f"estuary:{__version__}"} == {each["image"] for each in ours(file).values()}


@by_file
def test_what_is_mounted_exists(file: Path) -> None:
    """Every file and folder that a service is given is in the checkout, or is known to be the machine's."""
    mounts = [mount.split(":")[0] for each in services(file).values() for mount in each.get("volumes", [])]
    paths = {path for path in mounts if path.startswith((".", "/"))} - set(OF_THE_MACHINE)
    assert set() == {path for path in paths if not (FOLDER / path).exists()}


@by_file
def test_the_start_waits_for_health(file: Path) -> None:
    """A dependency is waited for until its health check passes, or until it has migrated the tables."""
    every = services(file)
    waits = [
        (name, condition["condition"])
        for each in every.values()
        for name, condition in each.get("depends_on", {}).items()
    ]
    for name, condition in waits:
        if condition == "service_healthy":
            assert "test" in every[name]["healthcheck"]
        else:
            assert ("service_completed_successfully", ["migrate"]) == (condition, every[name]["command"])


@by_file
def test_estuary_is_locked_up(file: Path) -> None:
    """Its root is read-only, it has no capability and can gain none, and its memory is bounded."""
    for each in ours(file).values():
        assert each["read_only"]
        assert ["ALL"] == each["cap_drop"]
        assert ["no-new-privileges:true"] == each["security_opt"]
        assert each["mem_limit"]


@by_file
def test_only_nginx_is_open_to_the_world(file: Path) -> None:
    """What nginx does not publish is published to this machine alone."""
    published = {(name, port) for name, each in services(file).items() for port in each.get("ports", [])}
    assert {("nginx", "80:80")} >= {(name, port) for name, port in published if "127.0.0.1" not in port}


@by_file
def test_estuary_accepts_its_configuration(file: Path, tmp_path: Path) -> None:
    """Every variable exists and has a value that is allowed, with the secrets that secrets.sh makes."""
    run(FOLDER / "secrets.sh", SECRETS=str(tmp_path))
    for each in ours(file).values():
        loaded = load_from(environment_of(each, tmp_path), directory=tmp_path)
        assert () == loaded.warnings
        assert loaded.settings.shutdown_timeout_seconds < int(each["stop_grace_period"].rstrip("s"))
        assert 3000 == loaded.settings.port


def environment_of(service: dict[str, Any], secrets: Path) -> dict[str, str]:
    """The environment that a container has, its secrets in the folder where they were made."""
    given: dict[str, str] = service["environment"]
    return {name: value.replace(SECRET_MOUNT, f"{secrets}/") for name, value in given.items()}


def production(tmp_path: Path) -> Loaded:
    """What a replica is configured for."""
    run(FOLDER / "secrets.sh", SECRETS=str(tmp_path))
    return load_from(environment_of(ours(FILES[1])["estuary1"], tmp_path), directory=tmp_path)


def shown_of(loaded: Loaded) -> dict[str, str]:
    """What each variable has, as `estuary check` shows it."""
    return {each.name: each.shown for each in loaded.effective}


def test_replicas_share_their_stores(tmp_path: Path) -> None:
    """They keep records in the PostgreSQL and count in the Redis that stand beside them, by their names."""
    shown = shown_of(production(tmp_path))
    secrets = {path.name: path.read_text().strip() for path in tmp_path.iterdir()}
    assert "production" == shown["APP_PROFILE"]
    assert (
        secrets["database_url"]
        == f"postgres://estuary:{secrets['database_password']}@postgres:5432/estuary"
    )
    assert secrets["redis_url"] == f"redis://:{secrets['redis_password']}@redis:6379/0"
    assert {"postgres", "redis"} <= services(FILES[1]).keys()


def test_proxies_are_trusted_by_their_network(tmp_path: Path) -> None:
    """TRUSTED_PROXIES is the network that nginx and the replicas share, and no other."""
    networks = yaml.safe_load(FILES[1].read_text())["networks"]
    subnets = [part["subnet"] for part in networks["front"]["ipam"]["config"]]
    shown = shown_of(production(tmp_path))
    assert ",".join(subnets) == shown["TRUSTED_PROXIES"]
    assert {"nginx", *REPLICAS} == {
        name for name, each in services(FILES[1]).items() if "front" in each["networks"]
    }


def test_others_find_the_replicas() -> None:
    """The proxy and Prometheus name exactly the replicas that there are, at the port they have."""
    nginx = (DEPLOY / "nginx/conf.d/estuary.conf").read_text()
    prometheus = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    targets = [job for job in prometheus["scrape_configs"] if job["job_name"] == "estuary"]
    assert [f"{name}:3000" for name in REPLICAS] == re.findall(r"server (\S+:\d+)", nginx)
    assert [f"{name}:{ADMIN}" for name in REPLICAS] == targets[0]["static_configs"][0]["targets"]
    assert set(REPLICAS) == ours(FILES[1]).keys() - {"backup", "migrate"}


def test_the_public_probe_asks_nginx_beside_it() -> None:
    """Not somebody else's address: the file in Prometheus' place names a service that the probe reaches."""
    every = services(FILES[1])
    (asked,) = yaml.safe_load((FOLDER / "public.yml").read_text())
    (job,) = [
        each
        for each in yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["scrape_configs"]
        if each["job_name"] == "estuary-public"
    ]
    assert [{"files": ["public.yml"]}] == job["file_sd_configs"]
    assert "./public.yml:/etc/prometheus/public.yml:ro" in every["prometheus"]["volumes"]
    assert ["http://nginx/health/ready"] == asked["targets"]
    assert set(every["blackbox"]["networks"]) & set(every["nginx"]["networks"]) - {"front"}


def test_the_checklist_finds_what_only_the_file_can_say(tmp_path: Path) -> None:
    """With one's own address, what is configured fails no line; the metrics have a port of their own."""
    run(FOLDER / "secrets.sh", SECRETS=str(tmp_path))
    given = environment_of(ours(FILES[1])["estuary1"], tmp_path)
    assert "" == given["PUBLIC_URL"]
    loaded = load_from({**given, "PUBLIC_URL": "https://api.acme.io"}, directory=tmp_path)
    assert [] == [line.item.name for line in failures_by_configuration(loaded)]
    assert ADMIN == loaded.settings.admin_port


def test_tls_stands_in_the_plain_servers_place() -> None:
    """The override puts the shipped example over the server's file, and the certificate where it looks."""
    nginx = yaml.safe_load(TLS.read_text())["services"]["nginx"]
    example, certificate = nginx["volumes"]
    source, target, _ = example.split(":")
    assert (FOLDER / source).is_file()
    assert (DEPLOY / "nginx" / Path(target).relative_to("/etc/nginx")).is_file()
    assert "/etc/nginx/tls/" in (FOLDER / source).read_text()
    assert certificate.endswith(":/etc/nginx/tls:ro")
    assert ["443:443"] == nginx["ports"]


def test_vector_reads_what_is_there() -> None:
    """Its command names files that are mounted, and its sink is a service beside it."""
    vector = services(FILES[1])["vector"]
    files = [
        word.replace("/etc/vector", str(DEPLOY / "vector")) for word in vector["command"] if "/" in word
    ]
    assert [] == [file for file in files if not Path(file).is_file()]
    sink = tomllib.loads(Path(files[0]).read_text())["sinks"]["elasticsearch"]
    assert ["http://elasticsearch:9200"] == sink["endpoints"]
    assert "elasticsearch" in vector["depends_on"]


def test_secrets_are_made_once_and_for_their_owner(tmp_path: Path) -> None:
    """A second run changes none; their folder is closed to others, and git does not see it."""
    folder = tmp_path / "secrets"
    run(FOLDER / "secrets.sh", SECRETS=str(folder))
    made = {path.name: path.read_text() for path in folder.iterdir()}
    run(FOLDER / "secrets.sh", SECRETS=str(folder))
    assert made == {path.name: path.read_text() for path in folder.iterdir()}
    assert 0o700 == folder.stat().st_mode & 0o777
    assert made.keys() == yaml.safe_load(FILES[1].read_text())["secrets"].keys()
    assert "deploy/compose/secrets/" in (ROOT / ".gitignore").read_text().split()
