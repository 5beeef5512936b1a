"""What goes wrong between a client and a service: each request fails once, each in another way."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle

import httpx2


@dataclass(frozen=True, eq=False)
class Fault:
    """What becomes of a request: the service gets it or not, and the client has this answer, or none.

    Without a status the connection is cut.
    """

    reaches: bool
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


AT_ONCE = {"retry-after": "0"}
CUT_AFTER = Fault(reaches=True)
CUT_BEFORE = Fault(reaches=False)
IN_FLIGHT = Fault(reaches=False, status=409, headers=AT_ONCE)
TOO_MANY = Fault(reaches=False, status=429, headers=AT_ONCE)
AWAY = Fault(reaches=False, status=503, headers=AT_ONCE)
GATEWAY = Fault(reaches=True, status=502, body=b"<html>Bad Gateway</html>")
STALE = Fault(reaches=False, status=412, body=b'{"error":"PRECONDITION_FAILED","message":"not yours"}')
REFUSED_CURSOR = Fault(
    reaches=False, status=400, body=b'{"error":"BAD_REQUEST","message":"cursor: Cursor must \xe2\x80\xa6"}'
)
USUAL = (CUT_AFTER, TOO_MANY, GATEWAY, AWAY, CUT_BEFORE, IN_FLIGHT)


class Faults:
    """Says which requests fail, and how: `injected` counts that.

    Every write fails once, the first conditional one as if it were stale, and every other read of the same.
    """

    def __init__(self) -> None:
        self.injected: Counter[Fault] = Counter()
        self._turn = cycle(USUAL)
        self._seen: set[str] = set()
        self._is_stale = True

    def of(self, method: str, url: str, headers: Mapping[str, str]) -> Fault | None:
        """What becomes of this request; names of `headers` are in lower case."""
        if self._is_stale and headers.get("if-match"):
            self._is_stale = False
            return self._count(STALE)
        name = headers.get("idempotency-key") or f"{method} {url}"
        if name in self._seen:
            self._seen.discard(name)
            return None
        self._seen.add(name)
        return self._count(next(self._turn))

    def _count(self, fault: Fault) -> Fault:
        self.injected[fault] += 1
        return fault


class FaultyTransport(httpx2.AsyncBaseTransport):
    """Passes requests on to another transport, but for `faults`."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, or what stands for it."""
        fault = self._faults.of(request.method, str(request.url), request.headers)
        if fault is None:
            return await self._inner.handle_async_request(request)
        if fault.reaches:
            await (await self._inner.handle_async_request(request)).aread()
        if fault.status is None:
            raise httpx2.ReadError("cut", request=request)
        return httpx2.Response(fault.status, headers=fault.headers, content=fault.body)
