"""The variables of a service manager mean what its documentation says."""

import os

import pytest

from estuary.server.notify import NoServiceManager, Systemd, service_manager, watchdog_seconds


@pytest.mark.parametrize(
    ("usec", "pid", "expected"),
    [
        ("", "", None),
        ("30000000", "", 30.0),
        pytest.param("500000", str(os.getpid()), 0.5, id="for this process"),
        ("500000", "1", None),
        ("0", "", None),
        ("soon", "", None),
        ("-5", "", None),
    ],
)
def test_the_watchdog_is_ours_when_it_is_set_and_means_us(
    usec: str, pid: str, expected: float | None
) -> None:
    """WATCHDOG_USEC in microseconds, for WATCHDOG_PID or, without it, for anyone."""
    assert expected == watchdog_seconds(usec, pid)


def test_without_a_socket_nothing_is_sent() -> None:
    """Without a service manager, a null object takes its place."""
    assert isinstance(service_manager(""), NoServiceManager)
    assert isinstance(service_manager("@somewhere"), Systemd)
