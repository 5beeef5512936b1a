"""`estuary serve`: binds the port, runs the supervisor, and logs where the service listens."""

import gc
import os
from importlib import import_module
from typing import TYPE_CHECKING

from estuary import __version__
from estuary.config.environment import Loaded
from estuary.config.process_environment import ProcessEnvironment
from estuary.config.settings import Settings
from estuary.core.build import COMPILED
from estuary.server.channel import Channel
from estuary.server.child import RunWorker
from estuary.server.descriptors import descriptors, raise_limit, room_for
from estuary.server.notify import service_manager, watchdog_seconds
from estuary.server.sockets import ADMIN, CannotListen, Sockets, address_of, inherited, listen
from estuary.server.supervisor import Log, Supervisor, SupervisorConfig
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.line_writer import LineWriter, join_lines
from estuary.telemetry.logs import standard_output_logs

if TYPE_CHECKING:
    from estuary.app import SharedState

_WORKER = "estuary.server.worker"
_FAILED = 1
_BEATS_PER_WATCH = 4


def serve(loaded: Loaded) -> int:
    """Serve until a signal to stop, with this process as supervisor.

    Returns the exit code: 0 after everything under way was finished; 1 when the port or the store cannot
    be used (one line on standard error says why) or something was cut off; 2 when a resource is declared
    wrongly.
    """
    settings, around = loaded.settings, loaded.process_environment
    raise_limit()
    try:
        sockets = _sockets(settings, around)
    except CannotListen as error:
        return _fail(str(error), _FAILED)
    watchdog = watchdog_seconds(around.watchdog_usec, around.watchdog_pid)
    logs = standard_output_logs(
        settings.log_filter,
        settings.log_format,
        production=settings.production,
        colour=not around.no_color,
        clock=SystemClock(),
    )
    log = logs.logger("estuary::server")
    _log_configuration(logs.logger("estuary::config"), loaded)
    _log_descriptor_limit(log, settings)
    shared = _prepare(settings)
    supervisor = Supervisor(
        _worker_runner(loaded, sockets, shared, None if watchdog is None else watchdog / _BEATS_PER_WATCH),
        SupervisorConfig(
            workers=settings.workers,
            drain=settings.shutdown_drain_seconds,
            timeout=settings.shutdown_timeout_seconds,
            watchdog=watchdog,
        ),
        log=log,
        manager=service_manager(around.notify_socket),
        announce=lambda reason: _announce(log, settings, sockets, reason),
        on_worker_exit=shared.leave,
        stop_listening=sockets.close,
    )
    code = supervisor.run()
    logs.close()
    return _fail(supervisor.failure, code) if supervisor.failure else code


def _log_configuration(log: Log, loaded: Loaded) -> None:
    """Log the settings, secrets hidden, the warnings about them, and in production failed checklist items.

    Only those items that the configuration alone decides: nothing is probed at start-up.
    """
    for each in loaded.effective:
        if not each.source.startswith("default"):
            log.debug("set", name=each.name, value=each.shown, source=each.source)
    for warning in loaded.warnings:
        log.warn("the configuration may be meant otherwise", reason=warning)
    if loaded.settings.production:
        from estuary.config.checklist.evaluation import failures_by_configuration

        for item, finding in failures_by_configuration(loaded):
            log.warn("security checklist", fails=item.name, reason=finding.reason, mend=finding.mend)


def _sockets(settings: Settings, around: ProcessEnvironment) -> Sockets:
    """The socket that the service manager passed, or a new one, and the operators' one if configured."""
    service = inherited(around.listen_fds, around.listen_pid) or listen(settings.host, settings.port)
    if settings.admin_port is None:
        return Sockets(service, None)
    try:
        return Sockets(service, listen(settings.admin_host, settings.admin_port, ADMIN))
    except CannotListen:
        service.close()
        raise


def _prepare(settings: Settings) -> "SharedState":
    """Allocate the memory that workers share, and import their modules if there are several.

    The supervisor runs nothing of these modules. But a worker that finds them imported answers sooner after
    it was forked, and several share their memory pages. A single worker shares with the supervisor alone,
    which is half as large without.
    """
    from estuary.app import SharedState

    if settings.workers > 1:
        from estuary.app import preload

        import_module(_WORKER)
        preload(settings)
    gc.freeze()
    gc.enable()
    return SharedState(settings)


def _log_descriptor_limit(log: Log, settings: Settings) -> None:
    available = descriptors()
    room = room_for(settings.max_connections, available).service
    if room < settings.max_connections:
        log.warn(
            "MAX_CONNECTIONS is more than the limit on open files has room for",
            max_connections=settings.max_connections,
            held_at_most=room,
            open_files=available,
        )


def _worker_runner(
    loaded: Loaded, sockets: Sockets, shared: "SharedState", heartbeat: float | None
) -> RunWorker:
    def run_worker(channel: Channel, number: int) -> int:
        # As in `__main__`, until the service is built.
        gc.disable()
        from estuary.server import worker

        return worker.run(loaded, sockets, channel, heartbeat, shared, number)

    return run_worker


def _announce(log: Log, settings: Settings, sockets: Sockets, reason: str) -> None:
    """Log the addresses, and that the service is ready, or the `reason` why it is not yet."""
    admin = {} if sockets.admin is None else {"admin_address": address_of(sockets.admin)}
    about = {
        "address": address_of(sockets.service),
        **admin,
        "store": _store(settings),
        "resources": ",".join(settings.resources),
        "profile": settings.app_profile,
        "version": __version__,
        "compiled": COMPILED,
        "pid": os.getpid(),
    }
    if reason:
        log.warn("Estuary answers, but is not ready yet", reason=reason, **about)
    else:
        log.info("Estuary is ready", **about)


def _store(settings: Settings) -> str:
    """The kind of store, and its path; not its URL, which may contain a password."""
    location = settings.database
    return location.kind if location.path is None else f"{location.kind} {location.path}"


def _fail(message: str, code: int) -> int:
    """Write `message` to standard error, for a second at most; returns `code` in any case."""
    writer = LineWriter(2, join_lines)
    writer.write(f"estuary: {message}".encode(), urgent=True)
    writer.close()
    return code
