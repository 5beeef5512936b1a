"""The manifests for Kubernetes: valid for its newest versions, hardened, and true to what Estuary does."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from estuary.config.checklist.evaluation import failures_by_configuration
from estuary.config.environment import load_from
from estuary.config.variables.server import ServerVariables
from tests.deploy import operator
from tests.deploy.expressions import ROOT, RULES
from tests.support import guide
from tests.support.documents import blocks
from tests.support.programs import require
from workshop.kubernetes import manifests

TOOLS = ROOT / ".tools/deploy/bin"
VERSIONS = ("1.35", "1.36", "1.37")
"""The three newest that kubernetes-validate knows; a test sees to it."""

OPERATORS = {"ServiceMonitor": operator.ServiceMonitor, "PrometheusRule": operator.PrometheusRule}
"""Kinds that are not Kubernetes' own, and what they may hold."""

SECRET = "estuary-secrets"
PAGE = ROOT / "docs/deploy/kubernetes.md"

Manifest = dict[str, Any]


def tool(name: str) -> str:
    """A program of `make deploy-tools`."""
    path = TOOLS / name
    return require(f"{name} (make deploy-tools)", str(path) if path.exists() else None)


def loaded(text: str) -> list[Manifest]:
    """The manifests of a file."""
    return list(yaml.safe_load_all(text))


@pytest.fixture(scope="module")
def production() -> list[Manifest]:
    """What is applied in production."""
    return loaded(manifests.SINGLE_FILE.read_text())


@pytest.fixture(scope="module")
def development() -> str:
    """What kubectl makes of the overlay for development."""
    tool("kubectl")
    return manifests.kustomized(ROOT, manifests.OVERLAYS / "development")


def the(kind: str, of: list[Manifest]) -> Manifest:
    """The one manifest of this kind."""
    (found,) = [manifest for manifest in of if manifest["kind"] == kind]
    return found


def pod(manifest: Manifest) -> Manifest:
    """The specification of the pods that a Deployment, a Job or a CronJob makes."""
    spec = manifest["spec"]
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    reported: Manifest = spec["template"]["spec"]
    return reported


def container(manifest: Manifest) -> Manifest:
    """Its one container."""
    (reported,) = pod(manifest)["containers"]
    return dict(reported)


def test_the_single_file_has_not_drifted() -> None:
    """`make artefacts` was run after base, overlay or rules changed."""
    tool("kubectl")
    assert manifests.prometheus_rule(ROOT) == (ROOT / manifests.PROMETHEUS_RULE).read_text()
    assert manifests.single_file(ROOT) == (ROOT / manifests.SINGLE_FILE).read_text()


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_are_valid(development: str, tmp_path: Path, version: str) -> None:
    """Strictly: no field that Kubernetes does not know; a kind without a schema has one here."""
    path = tmp_path / "development.yaml"
    path.write_text(development)
    assert [] == complaints(version, path, ROOT / manifests.SINGLE_FILE)


def test_the_validator_refuses_what_is_wrong(development: str, tmp_path: Path) -> None:
    """A misspelt field and an unknown kind are found, or the test above proves nothing."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(development.replace("terminationGracePeriodSeconds", "terminationGraceSeconds"))
    unknown = tmp_path / "unknown.yaml"
    unknown.write_text("apiVersion: apps/v1\nkind: Deploiment\nmetadata: {name: x}\n")
    assert 1 == len(complaints(VERSIONS[-1], wrong))
    assert 1 == len(complaints(VERSIONS[-1], unknown))


def complaints(version: str, *paths: Path) -> list[str]:
    """What kubernetes-validate has against manifests; of unknown kinds it only warns."""
    command = [tool("kubernetes-validate"), "--strict", "-k", version]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    assert lines
    ours = tuple(f"schema for kind {kind} " for kind in OPERATORS)
    return [
        line
        for line in lines
        if line.startswith(("WARN", "ERROR")) and not any(kind in line for kind in ours)
    ]


def test_the_versions_are_the_newest_three() -> None:
    """A new release of the validator brings new versions, and this list with it."""
    tool("kubernetes-validate")
    known = TOOLS.parent.glob("lib/*/site-packages/kubernetes_validate/kubernetes-json-schema/v*")
    numbers = sorted({tuple(map(int, re.findall(r"\d+", folder.name)[:2])) for folder in known})
    assert VERSIONS == tuple(f"{major}.{minor}" for major, minor in numbers[-3:])


@pytest.mark.parametrize("kind", OPERATORS)
def test_the_operators_resources_are_valid(production: list[Manifest], kind: str) -> None:
    """Every field has the type that the operator's definitions give it, and there is no other."""
    assert kind == msgspec.convert(the(kind, production), OPERATORS[kind], strict=True).kind


def test_checkov_finds_nothing(development: str, tmp_path: Path) -> None:
    """But for the rules that workshop/checkov.yaml leaves out, each with its reason."""
    path = tmp_path / "development.yaml"
    path.write_text(development)
    command = [tool("checkov"), "--config-file", str(ROOT / "workshop/checkov.yaml"), "--output", "json"]
    done = subprocess.run(
        [*command, "-f", str(path), str(ROOT / manifests.SINGLE_FILE)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LOG_LEVEL": "ERROR"},
    )
    document = msgspec.json.decode(done.stdout)
    summary = document["summary"]
    assert [] == [check["check_id"] for check in document["results"]["failed_checks"]]
    assert (0, 0) == (summary["failed"], summary["parsing_errors"])
    assert summary["passed"] > 300


def test_a_replica_has_the_time_to_end_in_peace(production: list[Manifest]) -> None:
    """Waiting, draining and finishing fit into what Kubernetes grants before it kills."""
    deployment = the("Deployment", production)
    config = the("ConfigMap", production)["data"]
    wait = container(deployment)["lifecycle"]["preStop"]["sleep"]["seconds"]
    timeout = int(config["SHUTDOWN_TIMEOUT_SECONDS"])
    assert int(config["SHUTDOWN_DRAIN_SECONDS"]) < timeout
    assert wait + timeout < pod(deployment)["terminationGracePeriodSeconds"] <= wait + timeout + 10


def test_a_rollout_never_has_fewer_replicas_than_before(production: list[Manifest]) -> None:
    """Three of them, none taken away before its successor is ready."""
    spec = the("Deployment", production)["spec"]
    assert (3, 0) == (spec["replicas"], spec["strategy"]["rollingUpdate"]["maxUnavailable"])


def test_probes_ask_what_exists_where_it_listens(production: list[Manifest]) -> None:
    """Alive for starting and living, ready for traffic; the named port is PORT."""
    reported = container(the("Deployment", production))
    probes = {name: reported[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"} == {
        name: probe["path"] for name, probe in probes.items()
    }
    assert {"http"} == {probe["port"] for probe in probes.values()}
    port, _ = reported["ports"]
    assert ("http", the("ConfigMap", production)["data"]["PORT"]) == (
        port["name"],
        str(port["containerPort"]),
    )
    assert ServerVariables.port.default == str(port["containerPort"])


def test_metrics_are_not_for_the_public(production: list[Manifest]) -> None:
    """The ingress leads to what clients use, and nowhere else."""
    (rule,) = the("Ingress", production)["spec"]["rules"]
    paths = {(path["path"], path["pathType"]) for path in rule["http"]["paths"]}
    assert {("/", "Exact"), ("/api", "Prefix"), ("/health", "Prefix"), ("/openapi.json", "Exact")} == paths


def test_it_scales_as_the_guide_says(production: list[Manifest]) -> None:
    """Two to ten replicas, at 70 % of CPU and 80 % of memory."""
    spec = the("HorizontalPodAutoscaler", production)["spec"]
    targets = {
        metric["resource"]["name"]: metric["resource"]["target"]["averageUtilization"]
        for metric in spec["metrics"]
    }
    assert (2, 10, {"cpu": 70, "memory": 80}) == (spec["minReplicas"], spec["maxReplicas"], targets)


def test_selectors_select(production: list[Manifest]) -> None:
    """Service, budget, policy, monitor and autoscaler all find the Deployment, its pods, its port."""
    deployment = the("Deployment", production)
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    service = the("Service", production)
    assert service["spec"]["selector"].items() <= labels
    for kind, key in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        assert the(kind, production)["spec"][key]["matchLabels"].items() <= labels
    monitor = the("ServiceMonitor", production)["spec"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert "estuary" == service["metadata"]["labels"][monitor["jobLabel"]]
    assert monitor["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
    target = the("HorizontalPodAutoscaler", production)["spec"]["scaleTargetRef"]
    assert (deployment["kind"], deployment["metadata"]["name"]) == (target["kind"], target["name"])


def test_jobs_are_not_served(production: list[Manifest]) -> None:
    """A pod that migrates or backs up gets no requests."""
    selected = the("Service", production)["spec"]["selector"].items()
    for kind in ("Job", "CronJob"):
        spec = the(kind, production)["spec"]
        template = spec["jobTemplate"]["spec"]["template"] if kind == "CronJob" else spec["template"]
        assert not selected <= template["metadata"]["labels"].items()


def test_what_is_mounted_or_named_exists(production: list[Manifest]) -> None:
    """Config maps, claims and accounts that pods refer to are in the same file; the secret is not."""
    names = {("Secret", SECRET)} | {
        (manifest["kind"], manifest["metadata"]["name"]) for manifest in production
    }
    for kind in ("Deployment", "Job", "CronJob"):
        reported = pod(the(kind, production))
        needed = {("ServiceAccount", reported["serviceAccountName"])}
        for volume in reported.get("volumes", []):
            if "secret" in volume:
                needed.add(("Secret", volume["secret"]["secretName"]))
            if "persistentVolumeClaim" in volume:
                needed.add(("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]))
        for source in container(the(kind, production))["envFrom"]:
            needed.add(("ConfigMap", source["configMapRef"]["name"]))
        assert set() == needed - names


def commands() -> list[str]:
    """What the page has its reader type, in its order."""
    return [command for block in blocks(PAGE) for command in block.commands]


def first(text: str) -> int:
    """The place of the first command of the page with this in it."""
    return next(number for number, command in enumerate(commands()) if text in command)


def test_no_release_writes_over_the_secret(production: list[Manifest]) -> None:
    """It is in no file that is applied; the page makes it, in a namespace that is there by then."""
    assert [] == [manifest for manifest in production if manifest["kind"] == "Secret"]
    made = first(f"create secret generic {SECRET}")
    namespace = first("apply --filename deploy/kubernetes/overlays/production/namespace.yaml")
    assert namespace < made < first("kubectl apply -k .")
    config = the("ConfigMap", production)["data"]
    files = {Path(value).name for name, value in config.items() if name.endswith("_FILE")}
    assert files == set(re.findall(r"--from-file=(\w+)", commands()[made]))
    assert namespace < first("create secret tls estuary-tls") < first("kubectl apply -k .")


def test_the_trial_has_an_image(development: str) -> None:
    """It is built and brought to the nodes before the overlay is applied, and no registry is asked."""
    reported = container(the("Deployment", loaded(development)))
    assert "IfNotPresent" == reported["imagePullPolicy"]
    brought = first(f"kind load docker-image {reported['image']}")
    assert first("make container") < brought < first("apply -k deploy/kubernetes/overlays/development")


def test_the_page_ends_in_the_checklist(production: list[Manifest], tmp_path: Path) -> None:
    """Its last look is `check --deploy`, and what the manifests configure fails no line of it."""
    first("exec deployment/estuary -- /app/estuary check --deploy")
    config = {**the("ConfigMap", production)["data"], "PUBLIC_URL": "https://api.acme.io"}
    (tmp_path / "database_url").write_text("postgres://estuary:9fK2-vVq8_mWz@db/records")
    config["DATABASE_URL_FILE"] = str(tmp_path / "database_url")
    found = load_from(config, directory=tmp_path)
    assert [] == [line.item.name for line in failures_by_configuration(found)]
    (overlay,) = [block.body for block in blocks(PAGE) if block.language == "yaml"]
    assert "/data/PUBLIC_URL" in overlay


def test_the_overlay_of_the_page_builds(tmp_path: Path) -> None:
    """Its patches find what they replace: nothing of an example is left where an operator has a place."""
    tool("kubectl")
    (overlay,) = [block.body for block in blocks(PAGE) if block.language == "yaml"]
    shutil.copytree(ROOT / "deploy", tmp_path / "estuary/deploy")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/kustomization.yaml").write_text(overlay)
    reported = manifests.kustomized(ROOT, tmp_path / "ours")
    (tmp_path / "told.yaml").write_text(reported)
    assert [] == complaints(VERSIONS[-1], tmp_path / "told.yaml")
    assert "example.com" not in reported
    config = the("ConfigMap", loaded(reported))["data"]
    (rule,) = the("Ingress", loaded(reported))["spec"]["rules"]
    assert f"https://{rule['host']}" == config["PUBLIC_URL"]


def test_metrics_are_opened_to_prometheus_alone(production: list[Manifest]) -> None:
    """ADMIN_PORT is the port that the ServiceMonitor scrapes, and the policy lets only Prometheus there."""
    ports = {
        each["name"]: each["containerPort"] for each in container(the("Deployment", production))["ports"]
    }
    assert the("ConfigMap", production)["data"]["ADMIN_PORT"] == str(ports["admin"])
    assert "admin" == the("ServiceMonitor", production)["spec"]["endpoints"][0]["port"]
    opened = {
        rule["ports"][0]["port"]: [
            each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for each in rule["from"]
        ]
        for rule in the("NetworkPolicy", production)["spec"]["ingress"]
    }
    assert {"http": ["ingress-nginx"], "admin": ["monitoring"]} == opened


def test_everything_runs_the_same_image(production: list[Manifest]) -> None:
    """Replicas, migration and backup are of one release."""
    images = {container(the(kind, production))["image"] for kind in ("Deployment", "Job", "CronJob")}
    assert 1 == len(images)


def test_the_rules_are_those_of_prometheus(production: list[Manifest]) -> None:
    """An alert means the same with the operator and without."""
    reported = the("PrometheusRule", production)["spec"]["groups"]
    shipped = [group for path in reversed(RULES) for group in yaml.safe_load(path.read_text())["groups"]]
    assert shipped == reported


def test_the_backup_is_watched_by_its_name(production: list[Manifest]) -> None:
    """A CronJob of another name would succeed or fail unseen: the alerts ask for this one."""
    groups = the("PrometheusRule", production)["spec"]["groups"]
    asked = re.findall(
        r'cronjob="([^"]+)"', "".join(rule["expr"] for group in groups for rule in group["rules"])
    )
    assert {the("CronJob", production)["metadata"]["name"]} == set(asked)


def test_replicas_may_share_the_volume_of_backups(tmp_path: Path) -> None:
    """With the component they read the very file that the CronJob writes, and can write nothing there."""
    tool("kubectl")
    shutil.copytree(ROOT / "deploy/kubernetes", tmp_path / "kubernetes")
    overlay = {
        "resources": ["../kubernetes/overlays/production"],
        "components": ["../kubernetes/components/shared-backups"],
    }
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/kustomization.yaml").write_text(yaml.safe_dump(overlay))
    reported = manifests.kustomized(ROOT, tmp_path / "ours")
    (tmp_path / "told.yaml").write_text(reported)
    assert [] == complaints(VERSIONS[-1], tmp_path / "told.yaml")

    every = loaded(reported)
    job, replica = container(the("CronJob", every)), container(the("Deployment", every))
    (written,) = [each["value"] for each in job["env"] if each["name"] == "BACKUP_STATUS_PATH"]
    assert written == the("ConfigMap", every)["data"]["BACKUP_STATUS_PATH"]
    mounts = {each["name"]: each for each in replica["volumeMounts"]}
    assert str(Path(written).parent) == mounts["backups"]["mountPath"]
    assert mounts["backups"]["readOnly"]
    claims = [
        each.get("persistentVolumeClaim", {}).get("claimName")
        for each in pod(the("Deployment", every))["volumes"]
    ]
    assert the("PersistentVolumeClaim", every)["metadata"]["name"] in claims
    assert ["ReadWriteMany"] == the("PersistentVolumeClaim", every)["spec"]["accessModes"]


def test_the_guides_manifests_are_valid_too(tmp_path: Path) -> None:
    """Who has applied them may keep them: the docs say what the shipped ones do better."""
    blocks = [block for block in guide.blocks("yaml") if block.startswith("apiVersion:")]
    path = tmp_path / "guide.yaml"
    path.write_text("---\n".join(blocks))
    assert {"Deployment", "Service", "ConfigMap", "Secret", "HorizontalPodAutoscaler"} == {
        manifest["kind"] for manifest in loaded(path.read_text())
    }
    assert [] == complaints(VERSIONS[-1], path)
