"""Event logger: the line of each observation, and which of them are throttled."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from estuary.core.access.identity import Refusal
from estuary.core.measurements import RequestServed, StoreQueried
from estuary.core.observations import (
    AcceptFailed,
    AuthFailed,
    BatchRead,
    ConnectionsFull,
    HookSlow,
    KeysFetched,
    KeysMissed,
    KeysNotKept,
    LimiterChanged,
    ListQuerySlow,
    Observation,
    RateLimitExceeded,
    RecordsCascaded,
    RequestFailed,
    RequestShed,
    StoreLost,
    StoreQueryCancelled,
    StoreRecovered,
)
from estuary.telemetry.logs import build_logs
from estuary.telemetry.observers import Observers
from tests.unit.telemetry.clocks import HandClock

SOURCE = "https://issuer.test/keys"
FAILED_QUERY = StoreQueried("get", "items", 0.25, succeeded=False)


class Reported:
    """The log of a service, as parsed lines."""

    def __init__(self, directives: str = "info") -> None:
        self.stream = io.BytesIO()
        self.clock = HandClock()
        self.logs = build_logs(
            self.stream, filter=directives, format="json", colour=False, clock=self.clock
        )
        self.observers = Observers()
        self.logs.subscribe(self.observers)

    def of(self, *observations: Observation) -> list[dict[str, Any]]:
        """The lines that the given observations make."""
        for observation in observations:
            self.observers(observation)
        assert self.logs.flush(60.0)
        written = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        return [json.loads(line) for line in written.splitlines()]


def served(status: int = 200, path: str = "/api/v1/items/7") -> RequestServed:
    """A request answered after a millisecond and a half."""
    return RequestServed(
        HandClock().timestamp(),
        "id-1",
        "ab" * 16,
        "GET",
        "/api/v1/items/{id}",
        path,
        status,
        0.0015,
        42,
        "192.0.2.1",
        "me",
    )


def test_a_batch_tells_its_operations() -> None:
    """In a line beside that of its request, with the same id."""
    (line,) = Reported().of(BatchRead("id-1", 30, "PUT books,PATCH authors,…"))
    reported = {
        "level": "INFO",
        "request_id": "id-1",
        "operations": 30,
        "batch": "PUT books,PATCH authors,…",
    }
    assert reported == {name: line[name] for name in reported}


def test_what_goes_with_a_record_is_told() -> None:
    """How many records of which resources went, and how many lost what they referred to."""
    (line,) = Reported().of(RecordsCascaded("orders", {"lines": 3}, {"notes": 1}))
    reported = {
        "level": "INFO",
        "target": "estuary::store",
        "message": "records went with another",
        "resource": "orders",
        "deleted": {"lines": 3},
        "updated": {"notes": 1},
    }
    assert reported == {name: line[name] for name in reported}


def test_a_request_is_one_line() -> None:
    """It holds who asked for what, and what came of it."""
    assert [
        {
            "timestamp": "2026-01-02T12:00:00.123456Z",
            "level": "INFO",
            "target": "estuary::access",
            "message": "request served",
            "request_id": "id-1",
            "trace_id": "ab" * 16,
            "method": "GET",
            "endpoint": "/api/v1/items/{id}",
            "path": "/api/v1/items/7",
            "status": 200,
            "duration_ms": 1.5,
            "bytes": 42,
            "client": "192.0.2.1",
            "subject": "me",
        }
    ] == Reported().of(served())


@pytest.mark.parametrize(
    ("status", "level"),
    [
        (201, "INFO"),
        (404, "INFO"),
        (429, "INFO"),
        (499, "INFO"),
        (500, "ERROR"),
        (501, "INFO"),
        (502, "ERROR"),
        (503, "WARN"),
    ],
)
def test_the_status_decides_the_level(status: int, level: str) -> None:
    """The client's mistakes are information, ours are errors, a 503 is given on purpose."""
    assert [level] == [line["level"] for line in Reported().of(served(status))]


@pytest.mark.parametrize(
    ("directives", "expected"),
    [
        ("estuary=info,tower_http=warn", [200, 404, 500, 503]),
        ("warn", [500, 503]),
        ("estuary=error", [500]),
        ("estuary=debug,estuary::access=off", []),
    ],
)
def test_the_filter_holds_for_requests(directives: str, expected: list[int]) -> None:
    """A request's line is written if its level is wanted for `estuary::access`."""
    lines = Reported(directives).of(*map(served, (200, 404, 500, 503)))
    assert expected == [line["status"] for line in lines]


def test_a_path_is_cut() -> None:
    """A client cannot fill the disk with one long address after the other."""
    (line,) = Reported().of(served(path="/" + "x" * 10_000))
    assert 2048 == len(line["path"])


def test_a_failure_tells_everything_on_one_line() -> None:
    """Type, message, stack and cause of the exception, with the request's id to find it by."""

    def fail() -> None:
        try:
            {"a": 1}["inner"]
        except KeyError as inner:
            raise RuntimeError("outer\nforged") from inner

    with pytest.raises(RuntimeError) as raised:
        fail()
    (line,) = Reported().of(RequestFailed("id-1", "/x", raised.value))
    assert ("ERROR", "id-1", "/x") == (line["level"], line["request_id"], line["endpoint"])
    assert "RuntimeError: outer\nforged" == line["error"]
    assert "KeyError: 'inner'" in line["stack"]
    assert Path(__file__).name in line["stack"]


@pytest.mark.parametrize(
    ("observation", "fields"),
    [
        (RateLimitExceeded("192.0.2.1"), {"level": "WARN", "client": "192.0.2.1"}),
        (
            AuthFailed(Refusal.EXPIRED, "192.0.2.1"),
            {"level": "WARN", "reason": "expired", "client": "192.0.2.1"},
        ),
        (RequestShed(100), {"level": "WARN", "in_flight": 100}),
        (
            ListQuerySlow("books", "pages.gt sort=-title", 0.3, ("-title",), "pages", refused=False),
            {
                "level": "WARN",
                "message": "list query slow",
                "resource": "books",
                "shape": "pages.gt sort=-title",
                "index": ["-title"],
                "sort": "pages",
                "duration_ms": 300.0,
            },
        ),
        (
            ListQuerySlow("books", "title.contains", 1.0, (), "", refused=True),
            {"level": "WARN", "message": "list query refused", "index": []},
        ),
        (
            HookSlow("books", "validate", 0.1),
            {"level": "WARN", "resource": "books", "hook": "validate", "duration_ms": 100.0},
        ),
        (FAILED_QUERY, {"level": "ERROR", "operation": "get", "resource": "items", "duration_ms": 250.0}),
    ],
)
def test_floods_are_told_once_a_second(observation: Observation, fields: dict[str, Any]) -> None:
    """The first is logged at once, what follows within a second is counted into the next line."""
    reported = Reported()
    (line,) = reported.of(observation)
    assert {**fields, "count": 1} == {name: line[name] for name in (*fields, "count")}
    assert [] == reported.of(*[observation] * 9)
    reported.clock.seconds += 1.0
    assert [10] == [line["count"] for line in reported.of(observation)]


@pytest.mark.parametrize(
    ("observation", "fields"),
    [
        (ConnectionsFull(64), {"level": "WARN", "limit": 64}),
        (AcceptFailed("Too many open files"), {"level": "WARN", "reason": "Too many open files"}),
    ],
)
def test_what_goes_on_is_told_once_a_minute(observation: Observation, fields: dict[str, Any]) -> None:
    """As long as connections are short, every new client meets it."""
    reported = Reported()
    (line,) = reported.of(observation)
    assert {**fields, "count": 1} == {name: line[name] for name in (*fields, "count")}
    reported.clock.seconds += 59.0
    assert [] == reported.of(*[observation] * 9)
    reported.clock.seconds += 1.0
    assert [10] == [line["count"] for line in reported.of(observation)]


def test_fetches_of_keys_are_logged_by_what_they_mean() -> None:
    """New keys are worth a line, none at all a warning, and an issuer that never answered an error."""
    lines = Reported("debug").of(
        KeysFetched(SOURCE, ("a",), changed=True),
        KeysFetched(SOURCE, ("a",), changed=False),
        KeysFetched(SOURCE, (), changed=True),
        KeysMissed(SOURCE, "it answered 503", usable=True),
        KeysMissed(SOURCE, "it answered 503", usable=False),
        KeysNotKept(SOURCE, "No space left on device"),
    )
    assert [
        ("INFO", "keys fetched"),
        ("DEBUG", "keys are as they were"),
        ("WARN", "keys fetched, but none can be used"),
        ("WARN", "keys not fetched; the ones there are stay in use"),
        ("ERROR", "keys not fetched"),
        ("WARN", "keys not kept for the next start"),
    ] == [(line["level"], line["message"]) for line in lines]
    assert {("estuary::auth", SOURCE)} == {(line["target"], line["source"]) for line in lines}


def test_at_error_the_log_tells_of_authentication_what_refuses_every_token() -> None:
    """Single refusals, and fetches that leave usable keys, are below that level."""
    lines = Reported("error").of(
        AuthFailed(Refusal.EXPIRED, "192.0.2.1"),
        KeysFetched(SOURCE, ("a",), changed=True),
        KeysMissed(SOURCE, "it answered 503", usable=True),
        KeysMissed(SOURCE, "it answered 503", usable=False),
    )
    assert [("ERROR", "keys not fetched")] == [(line["level"], line["message"]) for line in lines]


def test_an_outage_of_the_limiters_store_is_told_at_both_ends() -> None:
    """With why it began."""
    (away,) = Reported().of(LimiterChanged("Redis at r:1/0", available=False, reason="no answer"))
    assert ("WARN", "Redis at r:1/0", "no answer") == (away["level"], away["store"], away["reason"])
    (back,) = Reported().of(LimiterChanged("Redis at r:1/0", available=True))
    assert ("INFO", "Redis at r:1/0") == (back["level"], back["store"])


def test_a_lost_store_is_told_at_both_ends() -> None:
    """With what was lost, for the operator who has to look for it."""
    (lost,) = Reported().of(StoreLost("data/estuary.db-wal was deleted"))
    assert ("ERROR", "estuary::store", "data/estuary.db-wal was deleted") == (
        lost["level"],
        lost["target"],
        lost["reason"],
    )
    (back,) = Reported().of(StoreRecovered())
    assert ("INFO", "database in use again") == (back["level"], back["message"])


def test_a_store_that_answers_is_not_told() -> None:
    """Above debug successful queries are the metrics' matter."""
    assert [] == Reported("info").of(StoreQueried("get", "items", 0.1, succeeded=True))
    assert [] == Reported("info").of(StoreQueryCancelled("get", "items", 0.1))


@pytest.mark.parametrize(
    "observation",
    [RequestFailed("id", "/x", ValueError()), RateLimitExceeded("x"), RequestShed(1), FAILED_QUERY],
)
def test_off_is_off(observation: Observation) -> None:
    """Nothing is written under `off`, whatever happens."""
    assert [] == Reported("off").of(observation, served(500))
