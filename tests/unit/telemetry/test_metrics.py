"""Metrics: the wire contract's names, and what makes each of them count."""

import shutil
import subprocess
import weakref
from pathlib import Path

import pytest

from estuary.core.measurements import RequestServed, StoreQueried
from estuary.core.observations import (
    BatchMade,
    ConnectionsChanged,
    LimiterChanged,
    ListQueried,
    Observation,
    RateLimitExceeded,
    RecordCreated,
    RecordDeleted,
    RecordsCascaded,
    RecordUpdated,
    RequestShed,
    StoreQueryCancelled,
)
from estuary.core.ports import Exposition
from estuary.telemetry.machine import Machine
from estuary.telemetry.metrics import Metrics
from estuary.telemetry.observers import Observers
from estuary.telemetry.system import this_host
from tests.support.programs import require
from tests.unit.telemetry.scrapes import parse_openmetrics, parse_text

HEALTHY = '{method="GET",endpoint="/health",status="200"}'
CONTRACT = {
    "http_requests_total",
    "http_request_duration_seconds",
    "http_requests_in_flight",
    "rate_limit_exceeded_total",
    "requests_shed_total",
    "auth_failures_total",
    "database_queries_total",
    "database_query_duration_seconds",
    "database_connections_active",
    "items_created_total",
    "items_updated_total",
    "items_deleted_total",
    "cache_requests_total",
    "list_queries_total",
    "batches_total",
    "batch_operations_total",
    "estuary_build_info",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
    "process_start_time_seconds",
    "process_open_fds",
    "process_max_fds",
    "system_memory_total_bytes",
    "system_memory_used_bytes",
    "system_cpu_seconds_total",
    "system_disk_read_bytes_total",
    "system_disk_written_bytes_total",
    "system_network_receive_bytes_total",
    "system_network_transmit_bytes_total",
    "system_filesystem_size_bytes",
    "system_filesystem_free_bytes",
}


AT = 1_767_355_200.0


def served(method: str = "GET", endpoint: str = "/health", status: int = 200) -> RequestServed:
    """A request answered after 3 ms."""
    return RequestServed(AT, "id", None, method, endpoint, "/path", status, 0.003, 10, "192.0.2.1", None)


def queried(duration: float = 0.00002, *, succeeded: bool = True) -> StoreQueried:
    """A store's answer."""
    return StoreQueried("get", "items", duration, succeeded)


def after(*observations: Observation) -> Metrics:
    """The metrics of `items`, with this machine's, after the given observations."""
    machine = Machine(this_host(), started_at=1_700_000_000.0, folder=Path(__file__).parent)
    metrics = Metrics(["items"], version="1.2.3", collectors=[machine])
    observers = Observers()
    metrics.subscribe(observers)
    for observation in observations:
        observers(observation)
    return metrics


def lines(metrics: Metrics) -> set[str]:
    """The lines of a plain scrape."""
    return set(metrics.render(openmetrics=False)[1].decode().splitlines())


def test_every_name_of_the_contract_is_there_from_the_start() -> None:
    """Dashboards find each metric's name before anything has happened."""
    described = {line.split()[2] for line in lines(after()) if line.startswith("# TYPE")}
    assert set() == CONTRACT - described


def test_it_is_an_exposition() -> None:
    """It fits the port, and `curl /metrics | grep memory` prints something."""
    port: Exposition = after()
    assert b"\nprocess_resident_memory_bytes " in port.render(openmetrics=False)[1]


def test_a_query_whose_caller_left_is_no_error() -> None:
    """It has a status of its own, and its time counts as any query's."""
    reported = lines(after(queried(), StoreQueryCancelled("get", "items", 3.0)))
    labels = 'operation="get",repository="items"'
    assert f'database_queries_total{{{labels},status="cancelled"}} 1' in reported
    assert f'database_queries_total{{{labels},status="success"}} 1' in reported
    assert f"database_query_duration_seconds_count{{{labels}}} 2" in reported
    assert [] == [line for line in reported if 'status="error"' in line]


def test_an_outage_of_the_limiters_store_is_told() -> None:
    """1 until it is away, 0 until it is back."""
    away = LimiterChanged("Redis at r:1/0", available=False, reason="no answer")
    assert "rate_limit_store_up 1" in lines(after())
    assert "rate_limit_store_up 0" in lines(after(away))
    assert "rate_limit_store_up 1" in lines(after(away, LimiterChanged("Redis at r:1/0", available=True)))


def test_requests_that_are_waited_for_are_in_flight() -> None:
    """The gauge follows the changes in their number."""
    metrics = Metrics(["items"], version="1.2.3")
    for change in (1, 1, 1, -1):
        metrics.requests_waiting(change)
    assert "http_requests_in_flight 2" in lines(metrics)


def test_counters_of_records_start_at_zero() -> None:
    """A rate over them is right from the first record on."""
    assert {"items_created_total 0", "items_updated_total 0", "items_deleted_total 0"} <= lines(after())


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        (RateLimitExceeded("192.0.2.1"), "rate_limit_exceeded_total 1"),
        (RequestShed(100), "requests_shed_total 1"),
        (ConnectionsChanged(4), "database_connections_active 4"),
        (RecordCreated("items"), "items_created_total 1"),
        (RecordUpdated("items"), "items_updated_total 1"),
        (RecordDeleted("items"), "items_deleted_total 1"),
        (RecordsCascaded("lines", {"items": 3}, {}), "items_deleted_total 3"),
        (RecordsCascaded("lines", {}, {"items": 3}), "items_updated_total 3"),
        (BatchMade(3), "batches_total 1"),
        (BatchMade(3), "batch_operations_total 3"),
        (served(), f"http_requests_total{HEALTHY} 1"),
        (
            served(),
            f'http_request_duration_seconds_bucket{HEALTHY[:-1]},le="0.005"}} 1',
        ),
        (
            served(),
            f'http_request_duration_seconds_bucket{HEALTHY[:-1]},le="0.0025"}} 0',
        ),
        (
            queried(0.00002, succeeded=True),
            'database_queries_total{operation="get",repository="items",status="success"} 1',
        ),
        (
            queried(0.00002, succeeded=False),
            'database_queries_total{operation="get",repository="items",status="error"} 1',
        ),
        (
            queried(0.00002, succeeded=True),
            'database_query_duration_seconds_bucket{operation="get",repository="items",le="2.5e-05"} 1',
        ),
    ],
)
def test_an_observation_counts(observation: Observation, expected: str) -> None:
    """Each observation shows in its metric, and was not there before."""
    assert expected not in lines(after())
    assert expected in lines(after(observation))


def test_repeated_observations_add_up() -> None:
    """The same labels make the same series."""
    metrics = after(*(served() for _ in range(3)))
    assert {
        f"http_requests_total{HEALTHY} 3",
        f"http_request_duration_seconds_count{HEALTHY} 3",
    } <= lines(metrics)


def test_durations_of_failed_and_successful_queries_are_one_series() -> None:
    """The duration has no status label; both outcomes are observed."""
    metrics = after(queried(0.1, succeeded=True), queried(0.1, succeeded=False))
    expected = 'database_query_duration_seconds_count{operation="get",repository="items"} 2'
    assert expected in lines(metrics)


def test_lists_are_counted_by_whether_an_index_serves_them() -> None:
    """Both series are there from the start."""
    metrics = after(*[ListQueried("items", served=False)] * 2)
    counted = {line for line in lines(metrics) if line.startswith("list_queries_total")}
    assert {
        'list_queries_total{resource="items",served="true"} 0',
        'list_queries_total{resource="items",served="false"} 2',
    } == counted


class Method(str):
    """A method that can be referred to weakly."""

    __slots__ = ("__weakref__",)


def test_no_client_can_add_a_series_by_its_method() -> None:
    """Methods that are not known share one series, and are not remembered either."""
    methods = [Method(f"X{n}") for n in range(100)]
    remembered = [weakref.ref(method) for method in methods]
    metrics = after(*map(served, methods))
    del methods
    counted = {line for line in lines(metrics) if line.startswith("http_requests_total")}
    assert {'http_requests_total{method="OTHER",endpoint="/health",status="200"} 100'} == counted
    assert [] == [method for each in remembered if (method := each()) is not None]


def test_scrapes_parse_in_both_formats() -> None:
    """Independent parsers find the same families, each once."""
    metrics = after(served(), queried(0.1, succeeded=True))
    plain = [family.name for family in parse_text(metrics.render(openmetrics=False)[1].decode())]
    openmetrics = [
        family.name for family in parse_openmetrics(metrics.render(openmetrics=True)[1].decode())
    ]
    assert plain == openmetrics
    assert len(plain) == len(set(plain))


def test_promtool_finds_nothing_to_complain_about() -> None:
    """Prometheus' own linter reads a scrape and has no objection."""
    promtool = require("promtool", shutil.which("promtool"))
    scrape = after(served(), queried(0.1, succeeded=True)).render(openmetrics=False)[1]
    checked = subprocess.run([promtool, "check", "metrics"], input=scrape, capture_output=True, check=False)
    assert (0, b"") == (checked.returncode, checked.stdout + checked.stderr)


def test_the_machine_counts_in_this_scrape() -> None:
    """The start is the one given, and the version is the one running."""
    scrape = lines(after())
    assert "process_start_time_seconds 1700000000" in scrape
    assert any(line.startswith('estuary_build_info{version="1.2.3",python="3.') for line in scrape)
