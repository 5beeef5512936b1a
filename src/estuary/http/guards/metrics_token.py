"""The token of the operators' tools: for metrics and the details of health."""

from collections.abc import Awaitable
from hmac import compare_digest

from estuary.core.access.identity import Refusal
from estuary.core.errors import Unauthenticated
from estuary.http.messages import Handler, Request, Response


class MetricsToken:
    """A constant-time comparison of a bearer token."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def demanded(self, handler: Handler) -> Handler:
        """`handler` for requests with the token; 401 for others."""

        def guarded(request: Request) -> Response | Awaitable[Response]:
            given = _bearer(request)
            if given is None:
                raise Unauthenticated(Refusal.MISSING)
            if not compare_digest(given, self._token):
                raise Unauthenticated(Refusal.UNKNOWN_KEY)
            return handler(request)

        return guarded

    def preferred(self, details: Handler, rest: Handler) -> Handler:
        """`details` for requests with the token, `rest` for others."""

        def chosen(request: Request) -> Response | Awaitable[Response]:
            given = _bearer(request)
            known = given is not None and compare_digest(given, self._token)
            return (details if known else rest)(request)

        return chosen


def _bearer(request: Request) -> bytes | None:
    scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
    return token.strip(" ").encode("utf-8", "replace") if scheme.lower() == "bearer" else None
