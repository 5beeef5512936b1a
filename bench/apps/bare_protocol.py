"""A protocol on uvloop and httptools with a constant answer: the least that HTTP costs in Python."""

import asyncio
import sys
from typing import cast

import httptools
import uvloop

from bench.apps.answers import ITEM
from bench.process import HOST

_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ITEM) + ITEM
)


class BareProtocol(asyncio.Protocol):
    """Answers every request on a connection with the same bytes."""

    _transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """The request's target."""
        self._url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of its head."""

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._transport.write(_ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(BareProtocol, HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
