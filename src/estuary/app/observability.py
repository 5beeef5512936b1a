"""Logs and metrics of one process, and the observers through which events reach them."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from estuary import __version__
from estuary.app.shared_state import SharedState
from estuary.app.stores import data_folder, last_backup
from estuary.config.settings import Settings
from estuary.core.resource import Resource
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.logs import Logs, standard_output_logs
from estuary.telemetry.machine import Machine
from estuary.telemetry.metrics import Metrics
from estuary.telemetry.observers import Observers
from estuary.telemetry.system import CachedSystemMonitor, this_host


class Observability(NamedTuple):
    """Logs, metrics, the machine's state, the clock, and the observers that feed the first two."""

    clock: SystemClock
    logs: Logs
    metrics: Metrics
    system: CachedSystemMonitor
    observers: Observers


def make_observability(
    settings: Settings, resources: Sequence[Resource], shared: SharedState, worker: int, *, colour: bool
) -> Observability:
    """Logs and metrics, subscribed to new observers."""
    clock = SystemClock()
    host = this_host()
    observers = Observers()
    logs = _logs(settings, clock, colour=colour)
    logs.subscribe(observers)
    machine = Machine(
        host,
        started_at=shared.started_at,
        # Where no store keeps files here, the disk that the program runs on is still one that can fill.
        folder=data_folder(settings) or Path(),
        processes=shared.processes,
    )
    metrics = Metrics(
        [each.name for each in resources],
        version=__version__,
        cells=shared.cells(worker),
        collectors=[machine, *last_backup(settings)],
    )
    metrics.subscribe(observers)
    logs.on_drop(metrics.log_lines_dropped)
    return Observability(clock, logs, metrics, CachedSystemMonitor(host, clock), observers)


def _logs(settings: Settings, clock: SystemClock, *, colour: bool) -> Logs:
    """The process's logs, which from now on include those of libraries."""
    logs = standard_output_logs(
        settings.log_filter,
        settings.log_format,
        production=settings.production,
        colour=colour,
        clock=clock,
    )
    logs.capture()
    return logs
