"""Several workers are one service: its numbers, limit and records; and a death among them is small."""

import os
import signal
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.support.creates import ITEMS, creating
from tests.support.http import Connection, get, request
from tests.support.load import creating_items, load_on, reading
from tests.support.process import NotReady, Server, serving, until
from tests.unit.telemetry.scrapes import parse_text

BACK = "A worker is back"
WORKERS = {"DATABASE_TYPE": "sqlite", "WORKERS": "3", "LOG_FILTER": "estuary=info,estuary::http=off"}


def scrape(server: Server) -> dict[str, float]:
    """Every sample of a scrape, added up by its name over the endpoints of the API."""
    samples: dict[str, float] = defaultdict(float)
    for family in parse_text(get(server, "/metrics").body.decode()):
        for sample in family.samples:
            if sample.labels.get("endpoint", ITEMS).startswith(ITEMS) and "le" not in sample.labels:
                samples[sample.name] += sample.value
    return samples


def total(server: Server) -> int:
    """How many items there are."""
    answer: dict[str, int] = msgspec.json.decode(get(server, f"{ITEMS}?limit=1").body)
    return answer["total"]


def times_back(server: Server) -> int:
    """How often a worker took the place of one that had died."""
    return sum(record["message"] == BACK for record in server.records())


def test_every_scrape_tells_of_all_workers(tmp_path: Path) -> None:
    """Whichever worker answers, the figures are those of the whole service, to the last request."""
    with serving(tmp_path, WORKERS) as server:
        with load_on(server, creating_items(), 6) as load:
            until(lambda: load.answered >= 300)
        scrapes = [scrape(server) for _ in range(12)]
        assert {load.answered} == {each["http_requests_total"] for each in scrapes}
        assert {load.answered} == {each["http_request_duration_seconds_count"] for each in scrapes}
        assert {load.answered} == {each["items_created_total"] for each in scrapes}
        assert {1.0} == {each["estuary_build_info"] for each in scrapes}
        assert 1 == len({each["process_start_time_seconds"] for each in scrapes})
        assert all(each["process_open_fds"] > 4 * 5 for each in scrapes)
        assert 0 == server.stop()


def test_all_workers_serve(tmp_path: Path) -> None:
    """Connections that come at once do not all end up with one worker."""
    with serving(tmp_path, WORKERS) as server, ExitStack() as stack:
        clients = [stack.enter_context(Connection(server)) for _ in range(60)]
        for client in clients:
            client.send(request("GET", "/health/live"))
        assert {200} == {client.receive().status for client in clients}
        assert all(_connections(pid, server.port) >= 2 for pid in server.workers)


def test_what_is_in_flight_is_told_by_whichever_worker_is_asked(tmp_path: Path) -> None:
    """The requests that others have under way, and the scrape itself; nothing is left when all is done."""
    with serving(tmp_path, WORKERS) as server:
        with creating(server, 7) as creates:
            until(lambda: {8.0} == {scrape(server)["http_requests_in_flight"] for _ in range(6)})
            assert [201] * 7 == [create.finish().status for create in creates]
        until(lambda: scrape(server)["http_requests_in_flight"] == 1)


def test_the_limit_is_one_over_all_workers(tmp_path: Path) -> None:
    """Whatever worker a client comes to, it has one allowance, to the request."""
    variables = {**WORKERS, "RATE_LIMIT_ENABLED": "true", "RATE_LIMIT_MAX_REQUESTS": "200"}
    with serving(tmp_path, {**variables, "RATE_LIMIT_WINDOW_SECONDS": "86400"}) as server:
        with load_on(server, reading(ITEMS), 8) as load:
            until(lambda: load.answered >= 500)
        assert 200 == load.statuses[200]
        assert {200, 429} == set(load.statuses)
        remaining = sorted(int(a.headers["x-ratelimit-remaining"]) for a in load.answers if a.status == 200)
        assert list(range(200)) == remaining
        assert load.statuses[429] == scrape(server)["rate_limit_exceeded_total"]


def test_a_death_costs_what_that_worker_had_under_way(tmp_path: Path) -> None:
    """Under load: each client loses at most one request a kill, no counter goes back, no write is lost."""
    clients, kills = 6, 5
    with serving(tmp_path, WORKERS) as server:
        seen = 0.0
        with load_on(server, creating_items(), clients) as load:
            for killed in range(kills):
                # One that is killed before it was ready never is: process ids wrap, so it may be the first.
                until(lambda killed=killed: killed == times_back(server))  # type: ignore[misc]
                before = load.answered
                until(lambda before=before: load.answered >= before + 100)  # type: ignore[misc]
                victim = server.workers[0]
                os.kill(victim, signal.SIGKILL)
                until(lambda victim=victim: victim not in server.workers)  # type: ignore[misc]
                reported = scrape(server)["http_requests_total"]
                assert seen <= reported
                seen = reported
            until(lambda: kills == times_back(server))
        assert {201} == set(load.statuses)
        assert load.unanswered <= kills * clients
        reported = scrape(server)["http_requests_total"]
        assert load.answered <= reported <= load.answered + load.unanswered
        assert load.answered <= total(server) <= load.answered + load.unanswered
        until(lambda: scrape(server)["http_requests_in_flight"] == 1)
        assert 3 == len(server.workers)
        assert 0 == server.stop()


def test_workers_write_to_one_file_without_a_loss(tmp_path: Path) -> None:
    """They wait for each other's locks: every create is there once, and none is refused."""
    with serving(tmp_path, WORKERS) as server:
        with load_on(server, creating_items(), 12) as load:
            until(lambda: load.answered >= 1500)
        assert {201} == set(load.statuses)
        assert load.answered == total(server)
        ids = {msgspec.json.decode(answer.body)["id"] for answer in load.answers}
        assert load.answered == len(ids)
        assert {200} == {get(server, f"{ITEMS}/{each}").status for each in sorted(ids)[:50]}
        assert 0 == server.stop()


def test_records_in_memory_are_served_by_one_worker(tmp_path: Path) -> None:
    """Two would tell different things: the configuration is refused before anything starts."""
    with (
        pytest.raises(NotReady, match=r"(?s)exit 2.*WORKERS is 2 \(environment\)"),
        serving(tmp_path, {"DATABASE_TYPE": "memory", "WORKERS": "2"}),
    ):
        pass


def _connections(pid: int, port: int) -> int:
    """How many clients' connections the process holds."""
    found = psutil.Process(pid).net_connections(kind="tcp")
    return sum(each.laddr.port == port and each.status == psutil.CONN_ESTABLISHED for each in found)
