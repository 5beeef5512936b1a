"""The artefacts for ECS, Cloud Run and Azure: checked strictly, by checks that are seen to fail."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from estuary import __version__
from estuary.config.checklist.evaluation import failures_by_configuration
from estuary.config.environment import load_from
from tests.deploy.workshop import DEPLOY, ROOT, tool

VALIDATORS = ROOT / "workshop/validators"
FARGATE_LONGEST_STOP = 120
CLOUD_RUN_STOP = 10
"""Seconds from SIGTERM to SIGKILL that the platform gives, or gives at most."""

SECRETS = {
    "DATABASE_URL": "postgres://estuary:9fK2-vVq8_mWz@db:5432/estuary",
    "REDIS_URL": "rediss://:b7s-9dK2-vVq8@redis:6379/0",
    "METRICS_TOKEN": "5f1d7a84db00d2ef21da4c4ddc3a9f6e",
}
OURS = "https://api.acme.io"
"""What an operator puts in place of the artefacts' addresses."""


class Artefact(NamedTuple):
    """A file, who checks it, and whether the checker is given its folder."""

    path: Path
    validator: str
    by_folder: bool = False

    @property
    def given(self) -> Path:
        """What the checker is given."""
        return self.path.parent if self.by_folder else self.path

    def altered(self, folder: Path, old: str, new: str) -> "Artefact":
        """The same with one thing changed, in its own folder."""
        copied = Path(shutil.copytree(self.path.parent, folder))
        text = self.path.read_text()
        assert old in text
        target = copied / self.path.name
        target.write_text(text.replace(old, new, 1))
        return self._replace(path=target)


TASK = Artefact(DEPLOY / "ecs/task-definition.json", "aws_ecs.py", by_folder=True)
ECS_SERVICE = TASK._replace(path=DEPLOY / "ecs/service.json")
SCALING = TASK._replace(path=DEPLOY / "ecs/scaling-cpu.json")
LISTENER = TASK._replace(path=DEPLOY / "ecs/listener.json")
CLOUD_RUN = Artefact(DEPLOY / "cloudrun/service.yaml", "google_cloud_run.py")
AZURE = Artefact(DEPLOY / "azure/container-group.yaml", "azure_container_instances.py")

ALTERATIONS = [
    (TASK, '"memory": "512"', '"memory": "513"'),
    (TASK, '"awslogs",', '"awslog",'),
    (TASK, '"essential"', '"essentials"'),
    (ECS_SERVICE, '"desiredCount": 3', '"desiredCount": "3"'),
    (SCALING, "ECSServiceAverageCPUUtilization", "ECSServiceCPU"),
    (LISTENER, '"HTTPS"', '"HTPS"'),
    (LISTENER, '"SslPolicy"', '"SSLPolicy"'),
    (CLOUD_RUN, "containerPort: 3000", 'containerPort: "3000"'),
    (CLOUD_RUN, "containerConcurrency", "concurrency"),
    (CLOUD_RUN, "run.googleapis.com/ingress", "run.googleapis.com/ingres"),
    (CLOUD_RUN, 'value: "0"', "value: 0"),
    (AZURE, "osType: Linux", "osType: Unix"),
    (AZURE, "secureValue", "secretValue"),
    (AZURE, "port: 3000", 'port: "3000"'),
    (AZURE, "cpu: 1.0", "cpus: 1.0"),
]


def mistakes(validator: str, *given: Path) -> list[str]:
    """What a checker finds, each line with the path it was given: it takes seconds to start."""
    done = tool("python", VALIDATORS / validator, *given)
    assert "" == done.stderr
    assert bool(done.stdout) == bool(done.returncode)
    return done.stdout.splitlines()


@pytest.mark.parametrize("artefact", [TASK, CLOUD_RUN, AZURE], ids=lambda each: each.path.parent.name)
def test_nothing_is_found(artefact: Artefact) -> None:
    """The cloud's own models and schemas know every field, and allow every value."""
    assert [] == mistakes(artefact.validator, artefact.given)


@pytest.mark.parametrize("artefact", [TASK, CLOUD_RUN, AZURE], ids=lambda each: each.path.parent.name)
def test_each_mistake_is_found(artefact: Artefact, tmp_path: Path) -> None:
    """A misspelt field, a wrong type, a value outside the choices: the check fails."""
    altered = {
        f"{old} -> {new}": each.altered(tmp_path / str(number), old, new).given
        for number, (each, old, new) in enumerate(ALTERATIONS)
        if each.validator == artefact.validator
    }
    found = mistakes(artefact.validator, *altered.values())
    missed = [what for what, path in altered.items() if not [m for m in found if m.startswith(f"{path}: ")]]
    assert [] == missed


class Deployed(NamedTuple):
    """What a platform is told to run: its image, its environment, the port and the paths it asks."""

    image: str
    environment: dict[str, str]
    ports: set[int]
    paths: set[str]


def ecs() -> Deployed:
    """The container of the task definition."""
    (container,) = json.loads(TASK.path.read_text())["containerDefinitions"]
    target = json.loads((DEPLOY / "ecs/target-group.json").read_text())
    given = {each["name"]: each["value"] for each in container["environment"]}
    secret = {each["name"]: SECRETS[each["name"]] for each in container["secrets"]}
    ports = {each["containerPort"] for each in container["portMappings"]} | {target["Port"]}
    return Deployed(container["image"], {**given, **secret}, ports, {target["HealthCheckPath"]})


def cloud_run() -> Deployed:
    """The container of the service; the platform sets PORT."""
    (container,) = yaml.safe_load(CLOUD_RUN.path.read_text())["spec"]["template"]["spec"]["containers"]
    ports = {each["containerPort"] for each in container["ports"]}
    environment = {each["name"]: each.get("value", SECRETS.get(each["name"])) for each in container["env"]}
    probes = list(probes_of(container))
    return Deployed(
        container["image"],
        {"PORT": str(*ports), **environment},
        ports | {probe["port"] for probe in probes},
        {probe["path"] for probe in probes},
    )


def azure() -> Deployed:
    """The container of the group."""
    group = yaml.safe_load(AZURE.path.read_text())["properties"]
    container = group["containers"][0]["properties"]
    environment = {
        each["name"]: each.get("value", SECRETS.get(each["name"]))
        for each in container["environmentVariables"]
    }
    probes = list(probes_of(container))
    ports = {each["port"] for each in [*container["ports"], *probes]}
    return Deployed(container["image"], environment, ports, {probe["path"] for probe in probes})


def probes_of(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the platform asks over HTTP."""
    yield from (value["httpGet"] for name, value in container.items() if name.endswith("Probe"))


def test_caddy_is_what_azure_publishes(tmp_path: Path) -> None:
    """TLS by the name that the group has; Estuary's port is not published, and believes Caddy alone."""
    group = yaml.safe_load(AZURE.path.read_text())
    properties = group["properties"]
    caddy = properties["containers"][1]["properties"]
    published = {each["port"] for each in properties["ipAddress"]["ports"]}
    assert {80, 443} == published == {each["port"] for each in caddy["ports"]}
    host = f"{properties['ipAddress']['dnsNameLabel']}.{group['location']}.azurecontainer.io"
    settings = load_from(azure().environment, directory=tmp_path).settings
    assert f"https://{host}" == settings.public_url
    assert ["--from", host, "--to", f"127.0.0.1:{settings.port}"] == caddy["command"][2:]
    assert ("127.0.0.1/32",) == tuple(map(str, settings.trusted_proxies))


DEPLOYED = {"ecs": ecs, "cloudrun": cloud_run, "azure": azure}
by_platform = pytest.mark.parametrize("platform", DEPLOYED)


@by_platform
def test_estuary_accepts_its_configuration(platform: str, tmp_path: Path) -> None:
    """Every variable exists, with a value that is allowed, and the port is the one that is published."""
    deployed = DEPLOYED[platform]()
    loaded = load_from(deployed.environment, directory=tmp_path)
    assert () == loaded.warnings
    assert {loaded.settings.port} == deployed.ports == {3000}
    assert loaded.settings.production


@by_platform
def test_metrics_are_closed(platform: str, tmp_path: Path) -> None:
    """Whatever reaches the service may ask for them: the token is a secret of the platform's."""
    settings = load_from(DEPLOYED[platform]().environment, directory=tmp_path).settings
    assert SECRETS["METRICS_TOKEN"] == settings.metrics_token


@by_platform
def test_the_checklist_fails_nothing_that_is_configured(platform: str, tmp_path: Path) -> None:
    """With one's own address in the example's place; the example itself is reported as such."""
    environment = DEPLOYED[platform]().environment
    ours = load_from({**environment, "PUBLIC_URL": OURS}, directory=tmp_path)
    assert [] == [line.item.name for line in failures_by_configuration(ours)]
    page = (ROOT / f"docs/deploy/{platform}.md").read_text()
    assert re.search(r"check[\", ]+--deploy", page.rpartition("## ")[0])


def test_a_value_that_was_not_replaced_is_told(tmp_path: Path) -> None:
    """What the artefacts have in place of a secret or an address is taken for what it is."""
    shipped = [
        each["secureValue"]
        for each in yaml.safe_load(AZURE.path.read_text())["properties"]["containers"][0]["properties"][
            "environmentVariables"
        ]
        if each["name"] == "METRICS_TOKEN"
    ]
    for environment in ({**ecs().environment}, {**azure().environment, "METRICS_TOKEN": shipped[0]}):
        loaded = load_from(environment, directory=tmp_path)
        assert ["secrets"] == [line.item.name for line in failures_by_configuration(loaded)]


def test_the_service_of_ecs_finds_a_listener() -> None:
    """AWS refuses a service whose target group no listener leads to: the page makes it before."""
    page = (ROOT / "docs/deploy/ecs.md").read_text()
    calls = ("create-target-group", "create-listener", "register-task-definition", "create-service")
    places = [page.index(f" {call} ") for call in calls]
    assert places == sorted(places)
    listener = json.loads((DEPLOY / "ecs/listener.json").read_text())
    (action,) = listener["DefaultActions"]
    (balancer,) = json.loads(ECS_SERVICE.path.read_text())["loadBalancers"]
    assert ("HTTPS", action["TargetGroupArn"]) == (listener["Protocol"], balancer["targetGroupArn"])
    plain = json.loads((DEPLOY / "ecs/listener-redirect.json").read_text())
    assert ("HTTP", "redirect") == (plain["Protocol"], plain["DefaultActions"][0]["Type"])


@by_platform
def test_it_is_asked_for_its_health(platform: str) -> None:
    """Readiness where traffic is decided, liveness where a restart is."""
    assert {"/health/ready"} <= DEPLOYED[platform]().paths <= {"/health/ready", "/health/live"}


@by_platform
def test_the_image_is_the_version_of_the_sources(platform: str) -> None:
    """No artefact lags behind, and none runs whatever is the latest."""
    assert __version__ == DEPLOYED[platform]().image.rpartition(":")[2]


def test_platforms_wait_longer_than_a_shutdown_takes(tmp_path: Path) -> None:
    """Estuary ends by itself before ECS and Cloud Run kill it."""
    (container,) = json.loads(TASK.path.read_text())["containerDefinitions"]
    on_ecs = load_from(ecs().environment, directory=tmp_path).settings
    on_cloud_run = load_from(cloud_run().environment, directory=tmp_path).settings
    assert on_ecs.shutdown_timeout_seconds < container["stopTimeout"] <= FARGATE_LONGEST_STOP
    assert on_cloud_run.shutdown_timeout_seconds < CLOUD_RUN_STOP


def test_the_load_balancer_looks_away_in_time(tmp_path: Path) -> None:
    """While a task drains, its target group has asked it at least once and found it not ready."""
    target = json.loads((DEPLOY / "ecs/target-group.json").read_text())
    drain = load_from(ecs().environment, directory=tmp_path).settings.shutdown_drain_seconds
    assert target["HealthCheckIntervalSeconds"] <= drain


def test_scaling_is_that_of_the_guide() -> None:
    """Between 2 and 10 tasks, at 70 % of CPU and 80 % of memory, fast out and slow in."""
    files = {path.stem: json.loads(path.read_text()) for path in (DEPLOY / "ecs").glob("scal*.json")}
    assert (2, 10) == (files["scalable-target"]["MinCapacity"], files["scalable-target"]["MaxCapacity"])
    policies = {
        name: each["TargetTrackingScalingPolicyConfiguration"]
        for name, each in files.items()
        if name != "scalable-target"
    }
    assert {"scaling-cpu": 70.0, "scaling-memory": 80.0} == {
        name: each["TargetValue"] for name, each in policies.items()
    }
    assert {(60, 300)} == {
        (each["ScaleOutCooldown"], each["ScaleInCooldown"]) for each in policies.values()
    }


def test_the_probe_needs_no_shell() -> None:
    """ECS runs the image's own HEALTHCHECK, word for word."""
    (container,) = json.loads(TASK.path.read_text())["containerDefinitions"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    (command,) = re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", dockerfile, re.MULTILINE)
    assert ["CMD", *json.loads(command)] == container["healthCheck"]["command"]
