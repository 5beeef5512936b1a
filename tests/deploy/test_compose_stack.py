"""compose.production.yaml works as one: its services find, trust and watch each other as it says."""

from collections.abc import Iterator

import httpx
import pytest

from tests.deploy.composed import FILE, REPLICAS, WITHOUT_PROGRAM, Composition, composed
from tests.support.process import HOST, until

ITEMS = "/api/v1/items"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    """All of it, once for the tests of this module."""
    with composed(tmp_path_factory.mktemp("compose")) as composition:
        yield composition


def test_every_service_is_there_or_known_to_have_no_program(running: Composition) -> None:
    """None is left out silently."""
    of_their_own = {"migrate", "backup", *WITHOUT_PROGRAM}
    assert running.services.keys() == running.ports.keys() | of_their_own, FILE.name


def test_every_health_check_of_the_file_succeeds(running: Composition) -> None:
    """Its words, in the programs that the images have; a replica that is gone fails it."""
    checked = [name for name in running.ports if "healthcheck" in running.services[name]]
    assert [] == [name for name in checked if not running.is_healthy(name)]
    assert {"nginx", "postgres", "redis", "prometheus", "alertmanager", *REPLICAS} == set(checked)


def test_what_one_replica_keeps_all_serve_through_nginx(running: Composition) -> None:
    """One database behind them, with the password that secrets.sh made; nginx asks each of them."""
    created = httpx.post(f"{running.url}{ITEMS}", json={"name": "boat"})
    assert 201 == created.status_code
    path = f"{ITEMS}/{created.json()['id']}"
    for _ in range(9):
        assert "boat" == httpx.get(f"{running.url}{path}").json()["name"]
    for replica in running.replicas.values():
        line = replica.record("request served", path=path)
        assert (200, HOST) == (line["status"], line["client"])


def test_a_client_has_one_limit_over_all_replicas(running: Composition) -> None:
    """Redis counts for all replicas, by the address that nginx saw: each answer leaves one less."""
    left = [
        int(httpx.get(f"{running.url}{ITEMS}").headers["X-RateLimit-Remaining"])
        for _ in range(2 * len(REPLICAS))
    ]
    assert [left[0] - number for number in range(len(left))] == left


def test_prometheus_watches_replicas_and_the_public_address(running: Composition) -> None:
    """Every target of its file is up, the alerts are loaded, and Alertmanager is the one that is told."""
    expected = {
        *(("estuary", f"{HOST}:{running.admin_ports[name]}") for name in REPLICAS),
        ("estuary-public", f"{running.url}/health/ready"),
        ("prometheus", address(running, "prometheus")),
    }
    until(lambda: expected == up(running))
    until(lambda: running.query('probe_success{job="estuary-public"} == 1') != [])
    own = f"http://{address(running, 'prometheus')}/api/v1"
    body = httpx.get(f"{own}/alertmanagers").json()["data"]["activeAlertmanagers"]
    assert [f"http://{address(running, 'alertmanager')}/api/v2/alerts"] == [each["url"] for each in body]
    groups = httpx.get(f"{own}/rules?type=alert").json()["data"]["groups"]
    assert "BackupTooOld" in {rule["name"] for group in groups for rule in group["rules"]}


def test_metrics_are_where_prometheus_finds_them_alone(running: Composition) -> None:
    """At their own port; a replica's other port, which nginx leads to, has none."""
    for name, replica in running.replicas.items():
        assert 200 == httpx.get(f"http://{HOST}:{running.admin_ports[name]}/metrics").status_code
        assert 404 == httpx.get(f"{replica.origin}/metrics").status_code


def test_a_backup_is_made_and_prometheus_learns_of_it(running: Composition) -> None:
    """What `run --rm backup` writes, every replica reads; without one the alert's expression holds."""
    age = "time() - backup_last_success_timestamp_seconds{job='estuary'}"
    until(lambda: len(running.query(f"{age} > 26 * 3600")) == len(REPLICAS))
    assert "records" in running.once("backup")
    until(lambda: len(running.query(f"{age} < 300")) == len(REPLICAS))


def address(running: Composition, name: str) -> str:
    """Where a service listens."""
    return f"{HOST}:{running.ports[name][1]}"


def up(running: Composition) -> set[tuple[str, str]]:
    """Job and instance of all that answers Prometheus."""
    found = running.query("up == 1")
    return {(each["metric"]["job"], each["metric"]["instance"]) for each in found}
