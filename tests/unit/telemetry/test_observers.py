"""Observers: every subscriber of a type is called, and none can disturb the others."""

import logging

import pytest

from estuary.core.observations import Observation, RateLimitExceeded, RequestShed
from estuary.core.ports import Observer
from estuary.telemetry.observers import Observers


def test_it_is_an_observer(caplog: pytest.LogCaptureFixture) -> None:
    """It fits the port, and an observation without a subscriber is no error."""
    port: Observer = Observers()
    port(RateLimitExceeded("192.0.2.1"))
    assert [] == caplog.records


def test_each_type_reaches_its_subscribers_in_order() -> None:
    """Subscribers of the exact type are called in the order of their subscription; others are not."""
    observers = Observers()
    reported: list[tuple[str, Observation]] = []
    observers.subscribe(RequestShed, lambda shed: reported.append(("first", shed)))
    observers.subscribe(RequestShed, lambda shed: reported.append(("second", shed)))
    observers.subscribe(RateLimitExceeded, lambda limited: reported.append(("other", limited)))
    observers(RequestShed(7))
    assert [("first", RequestShed(7)), ("second", RequestShed(7))] == reported


def test_a_failing_subscriber_disturbs_no_other_and_is_reported_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The request goes on, the next subscriber is called, and the log holds the first error alone."""
    observers = Observers()
    reported: list[RequestShed] = []

    def fail(_: RequestShed) -> None:
        raise RuntimeError("a defect")

    observers.subscribe(RequestShed, fail)
    observers.subscribe(RequestShed, reported.append)
    with caplog.at_level(logging.ERROR):
        observers(RequestShed(1))
        observers(RequestShed(2))
    assert [RequestShed(1), RequestShed(2)] == reported
    reports = [record for record in caplog.records if record.name == "estuary.telemetry"]
    assert 1 == len(reports)
    assert "a defect" in str(reports[0].exc_info)
