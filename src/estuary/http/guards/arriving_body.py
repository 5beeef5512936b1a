"""A body that is still arriving: read within its limit and its deadline."""

import asyncio

from estuary.http.errors import BadRequest, PayloadTooLarge, RequestTimeout
from estuary.http.messages import Request, TruncatedBody


async def arriving_body(request: Request, length: int | None, limit: int, seconds: float) -> bytes:
    """The body, which its head says has `length` bytes; None for a chunked one, of at most `limit`.

    Raises `BadRequest` where it is not as announced, `PayloadTooLarge`, `RequestTimeout` after `seconds`.
    """
    try:
        async with asyncio.timeout(seconds):
            if length is None:
                return await _counted(request, limit)
            body = await request.read_body()
    except TimeoutError:
        raise RequestTimeout(seconds) from None
    except TruncatedBody:
        raise BadRequest("Request body ended before it was complete") from None
    if len(body) != length:
        raise BadRequest("Request body is not as long as Content-Length says")
    return body


async def _counted(request: Request, limit: int) -> bytes:
    """A chunked body: its length shows only as it comes."""
    chunks: list[bytes] = []
    received = 0
    async for chunk in request.body_chunks():
        received += len(chunk)
        if received > limit:
            raise PayloadTooLarge(limit)
        chunks.append(chunk)
    return b"".join(chunks)
