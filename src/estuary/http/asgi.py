"""ASGI 3: the ecosystem's interface, for tests and for people's own servers."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from estuary.http.kernel import Application
from estuary.http.messages import Request, Response, TruncatedBody, fields

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Step = Callable[[], Awaitable[None]]


class AsgiHeaders:
    """Header fields as ASGI gives them: a list of byte pairs, names in lower case."""

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]

    def get(self, name: str) -> str | None:
        """The first value of the field, or None."""
        return next((value for key, value in self._pairs if key == name), None)

    def get_all(self, name: str) -> list[str]:
        """Every value of the field."""
        return [value for key, value in self._pairs if key == name]

    @property
    def size(self) -> int:
        """How many characters the values of all fields have."""
        return sum(len(value) for _, value in self._pairs)


class AsgiRequest(Request, eq=False, kw_only=True):
    """A request whose body comes from an ASGI server."""

    receive: Receive

    async def read_body(self) -> bytes:
        """The whole body; raises `TruncatedBody` where the client went away."""
        return b"".join([chunk async for chunk in self.body_chunks()])

    async def body_chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece; raises `TruncatedBody` where the client went away."""
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise TruncatedBody
            yield message.get("body", b"")
            more = message.get("more_body", False)


class AsgiAdapter:
    """An ASGI application around the kernel; `start` and `stop` run with the server's lifespan."""

    def __init__(self, application: Application, start: Step, stop: Step) -> None:
        self._application = application
        self._constant_headers = application.constant_headers
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
        request = AsgiRequest(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            AsgiHeaders(scope["headers"]),
            _peer(scope.get("client")),
            receive=receive,
        )
        outcome = self._application(request)
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
        headers = (*self._constant_headers, *fields(request.reply_lines), *response.headers)
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


def _peer(client: tuple[str, int] | None) -> str:
    if client is None:
        return ""
    host, port = client
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
