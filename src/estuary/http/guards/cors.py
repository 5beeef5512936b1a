"""CORS (Fetch standard): which origins' pages may call the API from a browser."""

from collections.abc import Sequence

from estuary.http.errors import Overloaded
from estuary.http.messages import EVERY_METHOD, Guard, Header, Request, Response, Verdict, line

ANY_ORIGIN = "*"

_ALLOW_HEADERS: Header = (
    "access-control-allow-headers",
    (
        "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer, "
        "Traceparent, X-API-Version, X-Request-Id"
    ),
)
_EXPOSE_HEADERS: Header = (
    "access-control-expose-headers",
    (
        "Accept-Patch, Accept-Query, Allow, ETag, Idempotency-Replayed, Link, Location, "
        "Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, "
        "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
    ),
)
_MAX_AGE: Header = ("access-control-max-age", "600")
_VARY: Header = ("vary", "Origin")


class Cors:
    """Grants the listed origins access, with credentials; `*` grants any origin access without them.

    An origin that is not listed gets no CORS header at all: the browser then refuses.
    """

    def __init__(self, origins: Sequence[str]) -> None:
        self._granted = {
            origin: line("access-control-allow-origin", origin)
            + line("access-control-allow-credentials", "true")
            + line(*_EXPOSE_HEADERS)
            for origin in origins
            if origin != ANY_ORIGIN
        }
        any_origin = line("access-control-allow-origin", ANY_ORIGIN) + line(*_EXPOSE_HEADERS)
        self._otherwise = any_origin if ANY_ORIGIN in origins else ""
        alone = len(self._granted) == 1 and not self._otherwise
        self._unnamed = next(iter(self._granted.values())) if alone else self._otherwise

    @property
    def constant_headers(self) -> tuple[Header, ...]:
        """The header of every answer, so that no cache gives one origin's answer to another."""
        return (_VARY,) if self._granted else ()

    def grant(self, request: Request) -> str:
        """The fields that the answer to `request` has for its origin, whatever the answer is.

        A head that was refused may have been refused before its origin came: where there is but one that
        could be granted anything, it is taken for that one's.
        """
        origin = request.headers.get("origin")
        if origin is None:
            return "" if request.refusal is None else self._unnamed
        return self._granted.get(origin, self._otherwise)

    def is_granted(self, origin: str) -> bool:
        """Whether pages of `origin` may call the API."""
        return bool(self._granted.get(origin, self._otherwise))


class Preflight(Guard):
    """Answers CORS preflight requests, without the router's handlers or the store.

    They cost almost nothing, so they are neither shed nor counted against the rate limit: where a preflight
    is refused, the browser hides the reason from the page.
    """

    def __init__(self, cors: Cors) -> None:
        self._cors = cors

    def check(self, request: Request) -> Verdict:
        """Let the request pass, or answer it if it is a preflight of an origin that is granted access."""
        if request.method != "OPTIONS":
            return None
        if request.refusal is not None and not isinstance(request.refusal, Overloaded):
            return None
        headers = request.headers
        origin = headers.get("origin")
        if origin is None or headers.get("access-control-request-method") is None:
            return None
        if not self._cors.is_granted(origin):
            return None
        # For an unknown path, too: the page then sees the 404 to the request itself.
        methods = ", ".join(request.route.methods) or EVERY_METHOD
        return Response(204, headers=(("access-control-allow-methods", methods), _ALLOW_HEADERS, _MAX_AGE))
