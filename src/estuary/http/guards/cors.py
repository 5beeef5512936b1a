"""CORS (Fetch standard): which origins' pages may call the API from a browser."""

from collections.abc import Sequence

from estuary.http.messages import Header, Request, Response, line

ANY_ORIGIN = "*"

_ALLOW_HEADERS: Header = (
    "access-control-allow-headers",
    (
        "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
        "Traceparent, X-API-Version, X-Request-Id"
    ),
)
_EXPOSE_HEADERS: Header = (
    "access-control-expose-headers",
    (
        "ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "
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
        self._any = ANY_ORIGIN in origins
        self._listed = frozenset(origins) - {ANY_ORIGIN}

    @property
    def constant_headers(self) -> tuple[Header, ...]:
        """What every answer says, so that no cache gives one origin's answer to another."""
        return (_VARY,) if self._listed else ()

    def __call__(self, request: Request) -> Response | None:
        """Add the headers that the request's origin is due; answer a preflight request."""
        origin = request.headers.get("origin")
        if origin is None:
            return None
        granted = self._granted(origin)
        request.reply_lines += granted
        if not granted or request.method != "OPTIONS":
            return None
        if request.headers.get("access-control-request-method") is None:
            return None
        methods = ("access-control-allow-methods", ", ".join(request.route.methods))
        return Response(204, headers=(methods, _ALLOW_HEADERS, _MAX_AGE))

    def _granted(self, origin: str) -> str:
        if origin in self._listed:
            return (
                line("access-control-allow-origin", origin)
                + line("access-control-allow-credentials", "true")
                + line(*_EXPOSE_HEADERS)
            )
        return line("access-control-allow-origin", ANY_ORIGIN) + line(*_EXPOSE_HEADERS) if self._any else ""
