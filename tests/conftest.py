"""What holds for the whole run of tests."""

from tests.support.servers.shared import stop_all


def pytest_sessionfinish() -> None:
    """Leave no server behind."""
    stop_all()
