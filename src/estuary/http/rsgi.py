"""RSGI: Granian's native interface, for people's own Granian (RSGI specification 1.5)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol

from estuary.http.kernel import Application
from estuary.http.messages import Request, Response, TruncatedBody, fields

Step = Callable[[], Coroutine[Any, Any, None]]


class _ServerHeaders(Protocol):
    def get(self, name: str) -> str | None: ...
    def get_all(self, name: str) -> list[str]: ...
    def values(self) -> list[str]: ...


class _Scope(Protocol):
    method: str
    path: str
    query_string: str
    client: str
    headers: _ServerHeaders


class _HttpProtocol(Protocol):
    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: Any, body: bytes) -> None: ...


class RsgiHeaders:
    """Header fields as an RSGI server gives them."""

    def __init__(self, given: _ServerHeaders) -> None:
        self._given = given
        self.get = given.get
        self.get_all = given.get_all

    @property
    def size(self) -> int:
        """How many characters the values of all fields have."""
        return sum(map(len, self._given.values()))


class RsgiRequest(Request, eq=False, gc=False, kw_only=True):
    """A request whose body comes from an RSGI server."""

    protocol: _HttpProtocol

    async def read_body(self) -> bytes:
        """The whole body; Granian raises where the connection ends or breaks its framing before."""
        try:
            return await self.protocol()
        except RuntimeError as error:
            raise TruncatedBody from error

    async def body_chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece.

        Granian ends the iteration silently however the body ended, but it yields one empty piece for
        the end of a whole body and a second one for the error of a broken one. A regression test holds
        it to that on a real connection.
        """
        empty = 0
        async for chunk in self.protocol:
            if chunk:
                yield bytes(chunk)
            else:
                empty += 1
        if empty != 1:
            raise TruncatedBody


class RsgiAdapter:
    """An RSGI application around the kernel; `start` and `stop` run with the server's worker."""

    def __init__(self, application: Application, start: Step, stop: Step) -> None:
        self._application = application
        self._start = start
        self._stop = stop
        self._constant_headers = application.constant_headers

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open what the application needs, before the first request."""
        loop.run_until_complete(self._start())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close it, after the last one."""
        loop.run_until_complete(self._stop())

    async def __rsgi__(self, scope: _Scope, protocol: _HttpProtocol) -> None:
        """Serve one HTTP request."""
        request = RsgiRequest(
            scope.method,
            scope.path,
            scope.query_string,
            RsgiHeaders(scope.headers),
            scope.client,
            protocol=protocol,
        )
        outcome = self._application(request)
        response = outcome if isinstance(outcome, Response) else await outcome
        headers = [*self._constant_headers, *fields(request.reply_lines), *response.headers]
        if response.close:
            headers.append(("connection", "close"))
        protocol.response_bytes(response.status, headers, response.body)
