"""Fetches a document over HTTP; the only module that imports the client library."""

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, StreamReader, TCPConnector

from estuary import __version__

MAX_BYTES = 512 * 1024
"""The limit on a document's length; a key set of 100 keys with certificates is a tenth of that."""

_CONNECT_SECONDS = 3.0
_HEADERS = {
    "accept": "application/json, application/jwk-set+json",
    # Uncompressed, so that the limit holds for what is transferred as well as for the content.
    "accept-encoding": "identity",
    "user-agent": f"estuary/{__version__}",
}


class FetchFailed(Exception):
    """The document could not be fetched; the message says why, without any of the response."""


async def fetch(url: str) -> bytes:
    """The document at `url`; raises `FetchFailed`. The caller sets the deadline.

    Redirects are not followed: an operator chose the address, and no server may choose another. Each call
    opens its own connection, as there is about one document an hour to fetch.
    """
    timeout = ClientTimeout(total=None, connect=_CONNECT_SECONDS)
    try:
        async with (
            ClientSession(
                connector=TCPConnector(limit=1, force_close=True),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                timeout=timeout,
                headers=_HEADERS,
            ) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise FetchFailed(f"it answered {response.status}")
            if "content-encoding" in response.headers:
                raise FetchFailed("it answered in an encoding that was not asked for")
            return await _read(response.content)
    except (ClientError, OSError, ValueError) as error:
        raise FetchFailed(f"{type(error).__name__}") from error


async def _read(content: StreamReader) -> bytes:
    """All of `content`; the connection is closed as soon as it exceeds the limit."""
    document = bytearray()
    async for chunk in content.iter_any():
        document += chunk
        if len(document) > MAX_BYTES:
            raise FetchFailed(f"it answered more than {MAX_BYTES} bytes")
    return bytes(document)
