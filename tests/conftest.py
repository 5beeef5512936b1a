"""What holds for the whole run of tests."""

import hypothesis

from tests.support.servers.shared import stop_all

# A time is never what a test asserts: on a busy machine, an example may take as long as it does.
hypothesis.settings.register_profile("estuary", deadline=None)
hypothesis.settings.load_profile("estuary")


def pytest_sessionfinish() -> None:
    """Leave no server behind."""
    stop_all()
