"""The audit log: a line for each refusal and each use of key administration, however many come."""

import io
import json
from typing import Any

from estuary.core.access.identity import Refusal
from estuary.core.audit import AccessRefused, KeyAdministered, KeyOperation
from estuary.core.observations import AuthFailed, Observation
from estuary.telemetry.logs import build_logs
from estuary.telemetry.observers import Observers
from tests.support.clocks import SettableClock

REFUSED = AccessRefused("r1", "GET", "/api/v1/keys", "alice", "192.0.2.1")
CREATED = KeyAdministered(KeyOperation.CREATE, "0123456789abcdef", "alice", "192.0.2.1", "r2")


def reported(*observations: Observation, directives: str = "info") -> list[dict[str, Any]]:
    """The lines that the observations make."""
    stream, observers = io.BytesIO(), Observers()
    logs = build_logs(stream, filter=directives, format="json", colour=False, clock=SettableClock())
    logs.subscribe(observers)
    for observation in observations:
        observers(observation)
    logs.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_has_a_line_of_its_own() -> None:
    """Who did, or would have done, what, and when; no throttle leaves one out."""
    lines = reported(*[REFUSED] * 100, CREATED)
    assert ["access refused"] * 100 + ["API keys administered"] == [line["message"] for line in lines]
    assert {"estuary::audit"} == {line["target"] for line in lines}
    refused, created = lines[0], lines[-1]
    assert ("r1", "GET", "/api/v1/keys", "alice", "192.0.2.1") == tuple(
        refused[name] for name in ("request_id", "method", "endpoint", "subject", "client")
    )
    assert ("r2", "create", "0123456789abcdef", "alice", "192.0.2.1") == tuple(
        created[name] for name in ("request_id", "operation", "key", "subject", "client")
    )


def test_a_refusal_is_no_failed_authentication_as_well() -> None:
    """Of 401s there is a line a second with their number; what is answered with 403 is not among them."""
    failures = [AuthFailed(reason, "192.0.2.1") for reason in (Refusal.SCOPE, Refusal.ACCESS)]
    assert [] == reported(*failures)
    assert ["authentication failed"] == [
        line["message"] for line in reported(AuthFailed(Refusal.REVOKED, "192.0.2.1"))
    ]


def test_the_filter_holds_for_it() -> None:
    """It is off where its target is."""
    assert [] == reported(REFUSED, CREATED, directives="info,estuary::audit=off")
