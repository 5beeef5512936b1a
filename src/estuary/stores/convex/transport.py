"""HTTP to one deployment through one pool of connections: the only place that knows aiohttp."""

from io import BytesIO
from typing import NamedTuple

import aiohttp

from estuary.stores.convex.errors import AnswerTooLong, Unreachable, Untrusted

MAX_ANSWER_BYTES = 32 * 1024**2
"""Convex's own limit is half of it, before it is written as JSON."""
MAX_CONNECTIONS = 64
_KEEP_ALIVE_SECONDS = 30
_CHUNK_BYTES = 64 * 1024


class Answer(NamedTuple):
    """What came back: the status, the header Retry-After if there was one, the whole body."""

    status: int
    retry_after: str | None
    body: bytes


class Transport:
    """`origin` is a URL without a path. A deploy key goes with every request and nowhere else."""

    def __init__(self, origin: str, deploy_key: str | None) -> None:
        self._origin = origin
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if deploy_key is not None:
            self._headers["Authorization"] = f"Convex {deploy_key}"
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._session is not None

    def open(self) -> None:
        """Make the pool; it connects when it is asked to."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=MAX_CONNECTIONS, keepalive_timeout=_KEEP_ALIVE_SECONDS, ttl_dns_cache=30
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            # The caller has a deadline for all of it, the wait for a connection included.
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Let every connection go; a second call does nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def request(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """The answer, redirects not followed, whenever it comes; raises `Unreachable`, `AnswerTooLong`."""
        if self._session is None:
            raise Unreachable("the store was closed meanwhile")
        data = None if body is None else BytesIO(body)
        try:
            async with self._session.request(
                method, self._origin + path, data=data, allow_redirects=False
            ) as response:
                read = await _whole(response)
                return Answer(response.status, response.headers.get("Retry-After"), read)
        except aiohttp.ClientConnectorDNSError as error:
            raise Unreachable("its name cannot be resolved: correct CONVEX_DEPLOYMENT_URL") from error
        except aiohttp.ClientSSLError as error:
            raise Untrusted("its certificate is not trusted: is CONVEX_DEPLOYMENT_URL right?") from error
        except aiohttp.ClientConnectorError as error:
            raise Unreachable("no connection can be made: is CONVEX_DEPLOYMENT_URL right?") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable("the connection broke off") from error


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            response.close()
            raise AnswerTooLong(MAX_ANSWER_BYTES)
    return bytes(body)
