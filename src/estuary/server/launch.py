"""`estuary serve`: the port, the supervisor, and a line that says where we are."""

import gc
import os
from typing import TYPE_CHECKING

from estuary import __version__
from estuary.config.environment import Loaded
from estuary.config.settings import Settings
from estuary.config.surroundings import Surroundings
from estuary.core.build import COMPILED
from estuary.server.channel import Channel
from estuary.server.child import Live
from estuary.server.descriptors import descriptors, raise_limit, room_for
from estuary.server.notify import service_manager, watchdog_seconds
from estuary.server.sockets import ADMIN, CannotListen, Sockets, address_of, inherited, listen
from estuary.server.supervisor import Log, Supervisor, Terms
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.logs import standard_output_logs
from estuary.telemetry.writer import LineWriter, join_lines

if TYPE_CHECKING:
    from estuary.app import SharedState

_FAILED = 1
_BEATS_PER_WATCH = 4


def serve(loaded: Loaded) -> int:
    """Serve until told to stop, in this process and its workers.

    Returns the exit code: 0 after everything under way was finished; 1 when the port or the store cannot
    be used (one line on standard error says why) or something was cut off; 2 when a resource is declared
    wrongly.
    """
    settings, around = loaded.settings, loaded.surroundings
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
    _tell_of_configuration(logs.logger("estuary::config"), loaded)
    _tell_of_descriptors(log, settings)
    shared = _prepare(settings)
    supervisor = Supervisor(
        _life(loaded, sockets, shared, None if watchdog is None else watchdog / _BEATS_PER_WATCH),
        Terms(
            workers=settings.workers,
            drain=settings.shutdown_drain_seconds,
            timeout=settings.shutdown_timeout_seconds,
            watchdog=watchdog,
        ),
        log=log,
        manager=service_manager(around.notify_socket),
        announce=lambda reason: _announce(log, settings, sockets, reason),
        buried=shared.leave,
        let_go=sockets.close,
    )
    code = supervisor.run()
    logs.close()
    return _fail(supervisor.failure, code) if supervisor.failure else code


def _tell_of_configuration(log: Log, loaded: Loaded) -> None:
    """What was set, secrets hidden, and what is odd about it; in production what fails of the checklist.

    Only what fails whatever is around: it is read off the configuration, at no cost.
    """
    for each in loaded.effective:
        if not each.source.startswith("default"):
            log.debug("set", name=each.name, value=each.shown, source=each.source)
    for warning in loaded.warnings:
        log.warn("the configuration may be meant otherwise", reason=warning)
    if loaded.settings.production:
        from estuary.config.checklist.items import failures_by_configuration

        for item, finding in failures_by_configuration(loaded):
            log.warn("security checklist", fails=item.name, reason=finding.reason, mend=finding.mend)


def _sockets(settings: Settings, around: Surroundings) -> Sockets:
    """Where to listen: a socket that was passed on, or one of our own, and the operators' port if any."""
    service = inherited(around.listen_fds, around.listen_pid) or listen(settings.host, settings.port)
    if settings.admin_port is None:
        return Sockets(service, None)
    try:
        return Sockets(service, listen(settings.admin_host, settings.admin_port, ADMIN))
    except CannotListen:
        service.close()
        raise


def _prepare(settings: Settings) -> "SharedState":
    """What workers share: the memory in which they count, and the modules they are made of.

    The supervisor runs nothing of these modules. But a worker that finds them in memory answers 20 ms after
    it was forked instead of 200, and most of what they take up is there only once.
    """
    from estuary.app import SharedState, preload

    preload(settings)
    gc.collect()
    gc.freeze()
    return SharedState(settings)


def _tell_of_descriptors(log: Log, settings: Settings) -> None:
    available = descriptors()
    room = room_for(settings.max_connections, available).service
    if room < settings.max_connections:
        log.warn(
            "MAX_CONNECTIONS is more than the limit on open files has room for",
            max_connections=settings.max_connections,
            held_at_most=room,
            open_files=available,
        )


def _life(loaded: Loaded, sockets: Sockets, shared: "SharedState", heartbeat: float | None) -> Live:
    from estuary.server import worker

    def live(channel: Channel, number: int) -> int:
        return worker.live(loaded, sockets, channel, heartbeat, shared, number)

    return live


def _announce(log: Log, settings: Settings, sockets: Sockets, reason: str) -> None:
    """Say where the service is, and that it is ready, or for what `reason` it is not yet."""
    admin = {} if sockets.admin is None else {"admin_address": address_of(sockets.admin)}
    about = {
        "address": address_of(sockets.service),
        **admin,
        "store": _store(settings),
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
    """The store without its URL, which may carry a password."""
    location = settings.database
    return location.kind if location.path is None else f"{location.kind} {location.path}"


def _fail(message: str, code: int) -> int:
    """Say `message` on standard error, if that takes it within a second: the code stands in any case."""
    last_words = LineWriter(2, join_lines)
    last_words.write(f"estuary: {message}".encode(), urgent=True)
    last_words.close()
    return code
