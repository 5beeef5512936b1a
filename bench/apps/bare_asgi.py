"""The same server through ASGI, the ecosystem's interface, with nothing behind it."""

from typing import Any

from bench.apps.answers import ITEM

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json")],
}
BODY = {"type": "http.response.body", "body": ITEM}


async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - ASGI's signature
    """Answer every request with the one item."""
    if scope["type"] == "http":
        await send(START)
        await send(BODY)
