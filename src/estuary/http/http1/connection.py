"""One client's connection: requests are answered one after the other, each within its deadlines.

A request begins when what arrived with its head has been read, so that most bodies are whole by then. While
one is being answered, those behind it wait, and nothing more is received.
"""

import asyncio
import math
import select
from collections.abc import Callable
from typing import Final, cast

from estuary.core.errors import EstuaryError
from estuary.http.errors import HeadTimeout
from estuary.http.http1.begin import begin
from estuary.http.http1.hub import Hub
from estuary.http.http1.incoming import Incoming
from estuary.http.http1.reader import Reader
from estuary.http.messages import Response

_NEVER: Final = math.inf
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE: Final = "connection: close\r\n"
_KEEP: Final = "connection: keep-alive\r\n"
_IN_A_ROW: Final = 16
"""Requests of one connection that are answered before others have their turn."""


class Connection:
    """Serves one connection until it is closed; at `deadline` (of the hub's time) it wants to `expire`.

    `idle_since` is when it last had nothing under way, a number that is larger the later that was; whether
    it still has nothing, says `idle`.

    It has the methods of `asyncio.Protocol` without being one: a compiled class inherits only from such.
    """

    deadline: float
    idle_since: int
    _transport: asyncio.Transport
    _reader: Reader

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._active: Incoming | None = None
        """The request that is being answered."""
        self._task: asyncio.Task[Response] | None = None
        self._ended = False
        """The client sends nothing more."""
        self._closing = False
        self._unwelcome: EstuaryError | None = None
        """Why its first request is not served, whatever it is."""
        self._paused = False
        self._writable = True
        self.deadline = hub.now + hub.head_seconds
        hub.number += 1
        self.idle_since = hub.number

    # -- The transport ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client is there."""
        self._transport = cast("asyncio.Transport", transport)
        # Bound once: to find a method by its name takes as many instructions as to call a small one.
        self._write: Callable[[bytes], None] = self._transport.write
        self._reader = Reader(_address(transport.get_extra_info("peername")), self)
        self._hub.join(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The client is gone, and what is being done for it is not needed any more."""
        self._closing = True
        self.deadline = _NEVER
        self._reader.close()
        if self._task is not None:
            self._task.cancel()
        self._hub.leave(self)

    def data_received(self, data: bytes) -> None:
        """Read what came, then answer what is there to answer."""
        reader = self._reader
        if reader.stopped:
            return
        reader.feed(data)
        if self._active is None:
            self._next()
        if reader.requests.number:
            # A client may send requests faster than it is answered, or takes the answers.
            self.hold()

    def eof_received(self) -> bool:
        """The client sends nothing more, but may still wait for answers."""
        self._ended = True
        self._reader.stop()
        return self._active is not None and not self._closing

    def pause_writing(self) -> None:
        """The client does not take its answers: it gets no more of them, and not much time."""
        self._writable = False
        self.deadline = self._hub.now + self._hub.limits.stall_seconds

    def resume_writing(self) -> None:
        """The client goes on taking its answers."""
        self._writable = True
        if self._closing:
            return
        self.deadline = _NEVER
        if self._active is None:
            self._rest()
            self._next()

    def cut_off(self) -> None:
        """Reset the connection, whatever is under way on it."""
        self._transport.abort()

    # -- Requests and answers ---------------------------------------------------------------------

    def _next(self) -> None:
        """Begin the requests that wait, as long as each is answered at once and the client takes that."""
        reader = self._reader
        for _ in range(_IN_A_ROW):
            if self._active is not None or self._closing or not self._writable:
                return
            request = reader.requests.take()
            if request is None:
                return
            if not reader.requests.number:
                reader.read_on()
            self._begin(request)
        self._hub.loop.call_soon(self._next)

    def _begin(self, request: Incoming) -> None:
        self._active = request
        self.deadline = _NEVER
        if self._unwelcome is not None:
            request.refusal = request.refusal or self._unwelcome
            request.keep_alive = False
        outcome = self._hub.application.answer(request)
        if not isinstance(outcome, Response):
            begun = begin(outcome, self._hub.loop)
            if not isinstance(begun, Response):
                self._task = begun
                begun.add_done_callback(self._done)
                return
            outcome = begun
        self._answer(request, outcome)

    def _done(self, task: asyncio.Task[Response]) -> None:
        request, self._active, self._task = self._active, None, None
        if request is not None and not task.cancelled() and not self._closing:
            self._answer(request, task.result())
            self._next()

    def _answer(self, request: Incoming, response: Response) -> None:
        self._active = None
        # Nothing is read behind the last request: a client that sent one would wait for ever.
        last = (
            response.close
            or not request.keep_alive
            or (self._reader.stopped and not self._reader.requests.number)
        )
        ending = _CLOSE if last or not request.complete else _KEEP if request.old else ""
        lines = request.reply_lines + ending if ending else request.reply_lines
        self._write(self._hub.heads.render(response, lines, bodiless=request.method == "HEAD"))
        if ending is _CLOSE:
            self._leave(linger=not request.complete)
        elif self._writable:
            self._rest()

    def _rest(self) -> None:
        """Wait for the client."""
        hub = self._hub
        seconds = hub.head_seconds if self._reader.inside_head else hub.idle_seconds
        hub.number += 1
        self.idle_since = hub.number
        self.deadline = hub.now + seconds
        if self._paused and not self._reader.requests.number:
            self.let_flow()

    def _leave(self, *, linger: bool) -> None:
        """Close when everything is sent; lingering, throw away for a while what still comes."""
        limits = self._hub.limits
        self._closing = True
        self._reader.stop()
        if linger and not self._ended:
            self.deadline = self._hub.now + limits.linger_seconds
            self._transport.write_eof()
            self.let_flow()
        else:
            self.deadline = self._hub.now + limits.stall_seconds
            self._transport.close()

    # -- The flow of bodies -----------------------------------------------------------------------

    def invite(self) -> None:
        """Tell a client that waits for it to send its body (RFC 9110, 10.1.1)."""
        request = self._active
        if request is None or request.complete or request.old:
            return
        if request.headers.get("expect") is not None:
            self._transport.write(_CONTINUE)

    def hold(self) -> None:
        """Receive nothing for now."""
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def let_flow(self) -> None:
        """Go on receiving."""
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    # -- The hub ----------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether the client has nothing under way."""
        reader = self._reader
        busy = self._active is not None or reader.inside_head or reader.requests.number > 0
        return not (busy or self._closing or self._unwelcome is not None)

    def has_unread(self) -> bool:
        """Whether something has come that the event loop has not read yet."""
        if self._transport.is_closing():
            return False
        look = select.poll()
        look.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(look.poll(0))

    def expire(self) -> None:
        """The deadline has passed: end what it was set for."""
        if self._closing or not self._writable or self._transport.get_write_buffer_size():
            self._transport.abort()
        elif self._unwelcome is not None:
            self._refuse(self._unwelcome)
        elif self._reader.inside_head:
            self._refuse(HeadTimeout(self._hub.limits.head_seconds))
        else:
            self._leave(linger=False)

    def retire(self, grace: float) -> None:
        """The service stops: an idle connection is closed.

        Half a head has `grace` seconds to be whole; a client that has just come has as long to begin, and
        a request that is there but was not read yet, to be read.
        """
        if self.idle and not self._reader.untouched and not self.has_unread():
            self._leave(linger=False)
        elif self._active is None:
            self.deadline = min(self.deadline, self._hub.now + grace)

    def turn_away(self, error: EstuaryError) -> None:
        """Answer the first request with `error`, or the silence if none comes soon; and close.

        Answered before it has asked, a browser would show its page neither the answer nor `Retry-After`.
        """
        self._unwelcome = error
        self.deadline = self._hub.now + self._hub.limits.linger_seconds

    def _refuse(self, error: EstuaryError) -> None:
        """Answer with `error` instead of reading anything more, and close."""
        self._reader.refuse(error)
        self._next()


def _address(peer: tuple[str, int] | tuple[str, int, int, int] | str | None) -> str:
    """The peer's address as a request has it; a Unix socket's has no address."""
    if not isinstance(peer, tuple):
        return ""
    host, port = peer[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
