"""A worker process: builds the service, serves it, and exits when the supervisor says so."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import uvloop

from estuary.app import Service, SharedState, build
from estuary.config.environment import Loaded
from estuary.config.settings import Settings
from estuary.core.errors import LimiterRefused, StoreError
from estuary.core.resource import DeclarationError
from estuary.http.http1.balance import Balance
from estuary.http.http1.connection_limits import ConnectionLimits
from estuary.http.http1.listener import Listener
from estuary.server.channel import Channel, MessageKind
from estuary.server.child import WorkerExit
from estuary.server.descriptors import descriptors, room_for
from estuary.server.sockets import Sockets

_LOOK_SECONDS = 1.0
"""How often a worker that waits for its store reports why."""
_RESERVE_SHARE = 0.1
_RESERVE_SECONDS = 1.0
"""This much of the time to stop is reserved for closing the store after requests were cut off."""


def run(
    loaded: Loaded,
    sockets: Sockets,
    channel: Channel,
    heartbeat: float | None,
    shared: SharedState,
    number: int,
) -> int:
    """Run a worker until it is stopped; returns its exit code.

    `heartbeat`: seconds between heartbeats, None for no heartbeats; `number`: which of the workers that
    share `shared` this is.
    """
    # Not closed: only requests that were cut off are left on the loop, and the process exits at once.
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return runner.run(_run(loaded, sockets, channel, heartbeat, shared, number))


async def _run(
    loaded: Loaded,
    sockets: Sockets,
    channel: Channel,
    heartbeat: float | None,
    shared: SharedState,
    number: int,
) -> WorkerExit:
    orders = Orders(channel, loaded.settings.shutdown_timeout_seconds)
    if heartbeat is not None:
        _beat(channel, heartbeat)
    listening: list[Listener] = []
    service: Service | None = None
    try:
        colour = not loaded.process_environment.no_color
        service = build(loaded.settings, colour=colour, shared=shared, worker=number)
        # What imports and build leave is not searched for garbage, which is little: that takes 8 to 40 ms.
        gc.freeze()
        gc.enable()
        if await _before(orders.stop, service.start()):
            listening = _listeners(service, sockets, loaded.settings, shared.balance(number))
            for listener in listening:
                listener.start()
            orders.on_drain(service.drain)
            if await _before(orders.stop, _become_ready(service, channel)):
                _freeze_long_lived_objects()
                channel.send(MessageKind.READY)
    except (StoreError, LimiterRefused, DeclarationError) as error:
        if service is not None:
            # The process exits without waiting for the thread that writes the log.
            service.logs.flush()
        channel.send(MessageKind.FAILED, *str(error).splitlines())
        return WorkerExit.MISCONFIGURED if isinstance(error, DeclarationError) else WorkerExit.FAILED
    return await _leave(service, listening, await orders.stop)


async def _become_ready(service: Service, channel: Channel) -> None:
    """Return once the store is available; until then, report to the supervisor why it is not."""
    ready = asyncio.ensure_future(service.ready())
    reported = ""
    try:
        while not ready.done():
            if service.waits_for != reported:
                reported = service.waits_for
                channel.send(MessageKind.WAITING, reported)
            await asyncio.wait([ready], timeout=_LOOK_SECONDS)
        ready.result()
    finally:
        ready.cancel()


async def _before(stop: asyncio.Future[float], step: Coroutine[Any, Any, None]) -> bool:
    """Whether `step` completed before `stop` did; raises what `step` raises."""
    doing = asyncio.ensure_future(step)
    either: list[asyncio.Future[Any]] = [doing, stop]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if doing.done():
        doing.result()
        return True
    doing.cancel()
    await asyncio.wait([doing])
    return False


def _listeners(service: Service, sockets: Sockets, settings: Settings, balance: Balance) -> list[Listener]:
    room = room_for(settings.max_connections, descriptors())

    def limits(max_connections: int) -> ConnectionLimits:
        return ConnectionLimits(
            head_seconds=settings.request_head_timeout_seconds,
            idle_seconds=settings.keep_alive_seconds,
            max_connections=max_connections,
        )

    observed = service.observes_connections
    listeners = [
        Listener(service.application, sockets.service, limits(room.service), balance, observed=observed)
    ]
    if service.admin is not None and sockets.admin is not None:
        listeners.append(Listener(service.admin, sockets.admin, limits(room.admin), observed=observed))
    return listeners


class Orders:
    """Receives the supervisor's messages. `stop` completes with the seconds that are left to stop."""

    def __init__(self, channel: Channel, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        self.stop: asyncio.Future[float] = loop.create_future()
        self._channel = channel
        self._timeout = timeout
        self._draining = False
        self._drain: Callable[[], None] = lambda: None
        loop.add_reader(channel, self._listen)
        # The signal may mean this worker alone, or all of them: the supervisor knows.
        loop.add_signal_handler(signal.SIGTERM, channel.send, MessageKind.LEAVE)

    def on_drain(self, drain: Callable[[], None]) -> None:
        """Call `drain` when the supervisor asks for it; at once if it has already."""
        self._drain = drain
        if self._draining:
            drain()

    def _listen(self) -> None:
        messages, connected = self._channel.receive()
        for message in messages:
            if message.kind is MessageKind.DRAIN:
                self._draining = True
                self._drain()
            elif message.kind is MessageKind.STOP:
                self._stop(float(message.text))
        if not connected:
            # The supervisor is dead, and no other process would stop this one.
            asyncio.get_running_loop().remove_reader(self._channel)
            self._stop(self._timeout)

    def _stop(self, seconds: float) -> None:
        if not self.stop.done():
            self.stop.set_result(seconds)


async def _leave(service: Service, listening: Sequence[Listener], seconds: float) -> WorkerExit:
    """Finish the requests under way, and close the store, within `seconds`."""
    end = asyncio.get_running_loop().time() + seconds
    service.drain()
    cut_off: list[str] = []
    try:
        async with asyncio.timeout_at(end - min(_RESERVE_SECONDS, seconds * _RESERVE_SHARE)):
            # The operators' listener last, so that shutting down can be monitored.
            for listener in listening:
                listener.stop()
                await listener.stopped()
    except TimeoutError:
        cut_off = service.in_flight()
        _report(service, cut_off)
        # Before the store closes: requests still running would fail, and be logged as the store's errors.
        for listener in listening:
            await listener.cut_off()
    try:
        async with asyncio.timeout_at(end):
            await service.stop()
    except (TimeoutError, StoreError):
        return WorkerExit.NOT_CLOSED
    return WorkerExit.CUT_OFF if cut_off else WorkerExit.CLEAN


def _report(service: Service, cut_off: list[str]) -> None:
    if cut_off:
        service.log.error("Cut off requests that did not finish in time", requests=cut_off)
    else:
        service.log.warn("Closed connections that held no request but did not end in time")


def _beat(channel: Channel, seconds: float) -> None:
    """Send a heartbeat now and every `seconds`, for as long as the event loop runs."""
    channel.send(MessageKind.BEAT)
    asyncio.get_running_loop().call_later(seconds, _beat, channel, seconds)


def _freeze_long_lived_objects() -> None:
    """Exempt what lives as long as the process from garbage collection."""
    gc.collect()
    gc.freeze()
