"""RSGI: Granian's native interface, for people's own Granian (RSGI specification 1.5)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol

from estuary.http.header_fields import Fields
from estuary.http.host import refusal_of
from estuary.http.kernel import Application
from estuary.http.messages import (
    PageResponse,
    Request,
    Response,
    TruncatedBody,
    constant_on_pages,
    fields,
)
from estuary.http.path import as_decoded

Step = Callable[[], Coroutine[Any, Any, None]]

_OLD = frozenset({"1", "1.0"})
"""HTTP/1.0, as the specification has it and as Granian calls it."""


class _ServerHeaders(Protocol):
    def items(self) -> list[tuple[str, str]]: ...


class _Scope(Protocol):
    http_version: str
    method: str
    path: str
    query_string: str
    client: str
    headers: _ServerHeaders


class _HttpProtocol(Protocol):
    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_bytes(self, status: int, headers: Any, body: bytes) -> None: ...


class RsgiRequest(Request):
    """A request whose body comes from an RSGI server."""

    def __init__(self, scope: _Scope, protocol: _HttpProtocol) -> None:
        headers = Fields()
        for name, value in scope.headers.items():
            headers.put(name, value.strip(" \t"))
        super().__init__(
            scope.method,
            as_decoded(scope.path),
            scope.query_string,
            headers,
            scope.client,
            refusal_of(headers, host_required=scope.http_version not in _OLD),
        )
        self._protocol = protocol

    async def read_body(self) -> bytes:
        """The whole body; Granian raises where the connection ends or breaks its framing before."""
        try:
            return await self._protocol()
        except RuntimeError as error:
            raise TruncatedBody from error

    async def body_chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece.

        Granian ends the iteration silently however the body ended, but it yields one empty piece for
        the end of a whole body and a second one for the error of a broken one. A regression test holds
        it to that on a real connection.
        """
        empty = 0
        async for chunk in self._protocol:
            if chunk:
                yield bytes(chunk)
            else:
                empty += 1
        if empty != 1:
            raise TruncatedBody


class RsgiAdapter:
    """An RSGI application around the kernel; `start` and `stop` run with the server's worker.

    RSGI gives a path only decoded: a slash in it may have been `%2F`.
    """

    def __init__(self, application: Application, start: Step, stop: Step) -> None:
        self._application = application
        self._start = start
        self._stop = stop
        self._constant_headers = application.constant_headers
        self._on_pages = constant_on_pages(application.constant_headers)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open what the application needs, before the first request."""
        loop.run_until_complete(self._start())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close it, after the last one."""
        loop.run_until_complete(self._stop())

    async def __rsgi__(self, scope: _Scope, protocol: _HttpProtocol) -> None:
        """Serve one HTTP request."""
        request = RsgiRequest(scope, protocol)
        outcome = self._application.answer(request)
        response = outcome if isinstance(outcome, Response) else await outcome
        constant = self._on_pages if isinstance(response, PageResponse) else self._constant_headers
        headers = [*constant, *fields(request.reply_lines + response.lines), *response.headers]
        if response.close:
            headers.append(("connection", "close"))
        protocol.response_bytes(response.status, headers, response.body)
