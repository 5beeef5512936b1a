"""What is logged at debug, and that nothing is subscribed to where debug is off."""

from collections.abc import Callable
from io import BytesIO

import msgspec
import pytest

from estuary.core.access.identity import Refusal
from estuary.core.measurements import StoreQueried
from estuary.core.observations import (
    AuthFailed,
    CacheLooked,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionsChanged,
    Observation,
    RateLimitExceeded,
    RetryDue,
)
from estuary.telemetry.debug_event_logger import DebugEventLogger
from estuary.telemetry.event_logger import AUTH, HTTP, STORE
from estuary.telemetry.logs import Logs, build_logs
from estuary.telemetry.observers import ObservationT, Observers
from tests.unit.telemetry.clocks import HandClock


class Subscriptions(Observers):
    """Observers that record what was subscribed to."""

    __slots__ = ("types",)

    def __init__(self) -> None:
        super().__init__()
        self.types: list[type] = []

    def subscribe(
        self, observation_type: type[ObservationT], handler: Callable[[ObservationT], None]
    ) -> None:
        """Subscribe, and remember the type."""
        self.types.append(observation_type)
        super().subscribe(observation_type, handler)


def listening(filter_: str, stream: BytesIO) -> tuple[Logs, Subscriptions]:
    """Logs to `stream`, and what passes observations on to a debug event logger that writes there."""
    logs = build_logs(stream, filter=filter_, format="json", colour=False, clock=HandClock())
    observers = Subscriptions()
    DebugEventLogger(*map(logs.logger, (AUTH, HTTP, STORE))).subscribe(observers)
    return logs, observers


def reported(filter_: str, *observations: Observation) -> list[tuple[str, str]]:
    """Level and message of what is logged of `observations`."""
    stream = BytesIO()
    logs, observers = listening(filter_, stream)
    for observation in observations:
        observers(observation)
    assert logs.flush(10)
    lines = [msgspec.json.decode(line) for line in stream.getvalue().splitlines()]
    return [(line["level"], line["message"]) for line in lines]


SEEN = (
    StoreQueried("get", "items", 0.001, succeeded=True),
    CacheLooked("items", hit=True),
    ConnectionsChanged(3),
    RetryDue("opening the store", 1.0, "away"),
    RateLimitExceeded("203.0.113.9"),
    ConnectionOpened("7-1"),
    ConnectionClosed("7-1", 2, 0.5, "the client closed it"),
    AuthFailed(Refusal.MISSING, "203.0.113.9"),
)


def test_each_of_them_is_a_line() -> None:
    """None is left out by a throttle."""
    expected = [
        "store queried",
        "looked into the cache",
        "connections to the store",
        "trying again",
        "a request was over the rate limit",
        "connection opened",
        "connection closed",
        "a request was not let in",
    ]
    assert [("DEBUG", message) for message in expected] * 2 == reported("estuary=debug", *SEEN, *SEEN)


def test_one_part_alone() -> None:
    """The filter decides by target."""
    of_http = ["a request was over the rate limit", "connection opened", "connection closed"]
    assert [("DEBUG", message) for message in of_http] == reported(
        "estuary=info,estuary::http=debug", *SEEN
    )


@pytest.mark.parametrize("filter_", ["estuary=info", "off", "asyncpg=debug"])
def test_nothing_is_subscribed_to_where_debug_is_off(filter_: str) -> None:
    """So it costs nothing there."""
    assert [] == reported(filter_, *SEEN)
    assert [] == listening(filter_, BytesIO())[1].types
