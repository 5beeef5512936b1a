"""ASGI 3: the ecosystem's interface, for tests and for people's own servers."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

from estuary.http.header_fields import fields_of
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
from estuary.http.path import as_decoded, decoded_path

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Step = Callable[[], Awaitable[None]]


class AsgiRequest(Request):
    """A request whose body comes from an ASGI server."""

    def __init__(self, scope: Message, receive: Receive) -> None:
        headers = fields_of(scope["headers"])
        super().__init__(
            scope["method"],
            _path(scope),
            scope["query_string"].decode("latin-1"),
            headers,
            _peer(scope.get("client")),
            refusal_of(headers, host_required=scope["http_version"] != "1.0"),
        )
        self._receive = receive

    async def read_body(self) -> bytes:
        """The whole body; raises `TruncatedBody` where the client went away."""
        return b"".join([chunk async for chunk in self.body_chunks()])

    async def body_chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece; raises `TruncatedBody` where the client went away."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise TruncatedBody
            yield message.get("body", b"")
            more = message.get("more_body", False)


class AsgiAdapter:
    """An ASGI application around the kernel; `start` and `stop` run with the server's lifespan."""

    def __init__(self, application: Application, start: Step, stop: Step) -> None:
        self._application = application
        self._constant_headers = application.constant_headers
        self._on_pages = constant_on_pages(application.constant_headers)
        self._start = start
        self._stop = stop

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection scope: `http` or `lifespan`; others are refused."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            raise ValueError(f"Estuary serves HTTP only, not {scope['type']!r}")

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        request = AsgiRequest(scope, receive)
        outcome = self._application.answer(request)
        response = outcome if isinstance(outcome, Response) else await outcome
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": self._encoded(request, response),
            }
        )
        body = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.body", "body": body})

    def _encoded(self, request: Request, response: Response) -> list[tuple[bytes, bytes]]:
        """The header fields as bytes, with the length of the body, which RSGI servers add themselves."""
        headers = (
            *(self._on_pages if isinstance(response, PageResponse) else self._constant_headers),
            *fields(request.reply_lines + response.lines),
            *response.headers,
        )
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if response.close:
            pairs.append((b"connection", b"close"))
        # A 204 has no body, and a 304 would say how long the body is that it spares.
        if response.status not in (204, 304):
            pairs.append((b"content-length", str(len(response.body)).encode()))
        return pairs

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._start()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})


def _path(scope: Message) -> str:
    """The path: as it came where the server gives that, else as decoded by it, encoded slashes and all.

    What was mounted under a prefix may be given the path without it, and as it came with it.
    """
    path: str = scope["path"]
    raw: bytes | None = scope.get("raw_path")
    if raw is None or b"%" not in raw or unquote(raw.decode("latin-1"), errors="replace") != path:
        return as_decoded(path)
    return decoded_path(raw.decode("latin-1"))


def _peer(client: tuple[str, int] | None) -> str:
    if client is None:
        return ""
    host, port = client
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
