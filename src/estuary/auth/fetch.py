"""Fetch: one document from one address over HTTP; the only module that knows the client library."""

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, StreamReader, TCPConnector

from estuary import __version__

MAX_BYTES = 512 * 1024
"""The longest document that is read; a key set of 100 keys with certificates is a tenth of that."""

_CONNECT_SECONDS = 3.0
_HEADERS = {
    "accept": "application/json, application/jwk-set+json",
    # Uncompressed, so that the limit is on what is read, and no small answer unfolds into a large one.
    "accept-encoding": "identity",
    "user-agent": f"estuary/{__version__}",
}


class FetchFailed(Exception):
    """The document was not to be had; the message says why, and holds nothing of what was answered."""


async def fetch(url: str) -> bytes:
    """The document at `url`; raises `FetchFailed`. How long it may take, the caller says.

    Redirects are not followed: the address was chosen by an operator, and no server may choose another.
    A connection of its own each time: there is one document an hour to fetch.
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
    """All of `content`, which ends the connection as soon as it is longer than it may be."""
    document = bytearray()
    async for chunk in content.iter_any():
        document += chunk
        if len(document) > MAX_BYTES:
            raise FetchFailed(f"it answered more than {MAX_BYTES} bytes")
    return bytes(document)
