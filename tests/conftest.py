"""What holds for the whole run of tests."""

import os
import signal

import hypothesis
import pytest

from tests.support.matrix import PROPERTY, Matrix, store_of
from tests.support.servers.shared import stop_all

# A time is never what a test asserts: on a busy machine an example, and making one, may take long.
hypothesis.settings.register_profile(
    "estuary", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("estuary")

# What a shell starts in the background ignores SIGINT, and so would every program that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# What nohup starts ignores SIGHUP, and a server that ignores it outlives its terminal on purpose.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

_matrix = Matrix()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes long to `make check` and CI, unless it is asked for: by its file, -k or -m."""
    if os.environ.get("ESTUARY_TEST_LONG") == "1" or config.option.keyword or config.option.markexpr:
        return
    left = [item for item in items if item.get_closest_marker("long") and not _is_named(item, config)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def _is_named(item: pytest.Item, config: pytest.Config) -> bool:
    return any(item.path.name in argument for argument in config.args)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have the reports of a test say which store it runs on."""
    callspec = getattr(item, "callspec", None)
    store = None if callspec is None else store_of(callspec.params)
    if store is not None:
        item.user_properties.append((PROPERTY, store))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count it."""
    _matrix.add(report.nodeid, report.user_properties, report.when, report.outcome)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which store passed which suite."""
    lines = list(_matrix.lines())
    if lines:
        terminalreporter.section("stores")
        for line in lines:
            terminalreporter.write_line(line)


def pytest_sessionfinish() -> None:
    """Leave no server behind."""
    stop_all()
