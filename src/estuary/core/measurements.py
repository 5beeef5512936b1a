"""The two observations that nearly every request makes: native classes where they are compiled."""

from typing import Final

from mypy_extensions import mypyc_attr

KNOWN_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "CONNECT", "TRACE"}
)
"""The methods that RFC 9110 and RFC 5789 name; a client may send any other, as many as it likes."""


@mypyc_attr(acyclic=True)
class RequestServed:
    """One request was answered.

    `at` is when, in seconds since the epoch; `endpoint` is the route's template or "unknown"; `duration` is
    in seconds. `method` and `path` are cut to a bounded length, for observations may wait in memory; they
    and `subject` are as the client gave them. `request_id`, `trace_id` and `client` consist of letters,
    digits and `.:_-`.
    """

    __slots__ = (
        "at",
        "bytes",
        "client",
        "duration",
        "endpoint",
        "method",
        "path",
        "request_id",
        "status",
        "subject",
        "trace_id",
    )

    def __init__(
        self,
        at: float,
        request_id: str,
        trace_id: str | None,
        method: str,
        endpoint: str,
        path: str,
        status: int,
        duration: float,
        bytes: int,  # noqa: A002 - the name that log lines have
        client: str,
        subject: str | None,
    ) -> None:
        self.at: Final = at
        self.request_id: Final = request_id
        self.trace_id: Final = trace_id
        self.method: Final = method
        self.endpoint: Final = endpoint
        self.path: Final = path
        self.status: Final = status
        self.duration: Final = duration
        self.bytes: Final = bytes
        self.client: Final = client
        self.subject: Final = subject


@mypyc_attr(acyclic=True)
class StoreQueried:
    """A store answered or failed one operation on one resource; `duration` is in seconds.

    A record that does not exist, or has another version, is an answer: `succeeded` is true.
    """

    __slots__ = ("duration", "operation", "resource", "succeeded")

    def __init__(self, operation: str, resource: str, duration: float, succeeded: bool) -> None:
        self.operation: Final = operation
        self.resource: Final = resource
        self.duration: Final = duration
        self.succeeded: Final = succeeded

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoreQueried) and (
            self.operation == other.operation
            and self.resource == other.resource
            and self.duration == other.duration
            and self.succeeded == other.succeeded
        )

    def __hash__(self) -> int:
        return hash((self.operation, self.resource, self.duration, self.succeeded))

    def __repr__(self) -> str:
        return (
            f"StoreQueried({self.operation!r}, {self.resource!r}, {self.duration!r}, "
            f"succeeded={self.succeeded})"
        )
