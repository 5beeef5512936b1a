"""Request and Response as the kernel sees them: no server and no protocol in sight."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import msgspec

from estuary.core.errors import EstuaryError
from estuary.http.client import NO_ADDRESS, Client

Header = tuple[str, str]
"""A field name in lower case, and its value."""

JSON: Header = ("content-type", "application/json")
EVERY_METHOD = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
"""What some route or other serves, for `Allow` where no route in particular is meant."""


class Headers(Protocol):
    """A request's header fields; names are asked for in lower case."""

    def get(self, name: str) -> str | None:
        """The first value of the field, or None."""
        ...

    def get_all(self, name: str) -> list[str]:
        """Every value of the field, in order of appearance."""
        ...

    @property
    def size(self) -> int:
        """How many characters the names and values of all fields have."""
        ...


class TruncatedBody(Exception):
    """The connection ended, or broke its framing, before the body was whole."""


class Response(msgspec.Struct, gc=False):
    """An answer, with the `headers` that are particular to it.

    Adapters put the application's `constant_headers` and the request's `reply_lines` before them. `close`
    says that the connection ends with this answer.
    """

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    close: bool = False


class Route(msgspec.Struct, frozen=True, eq=False):
    """One line of the URL table.

    `template` is the route's name in metrics and logs, `handlers` are by method (GET serves HEAD too);
    a `limited` route counts against its client's rate limit, an `essential` one is answered even
    when the service is overloaded.
    """

    template: str
    handlers: Mapping[str, "Handler"]
    limited: bool = True
    essential: bool = False
    methods: tuple[str, ...] = ()
    """Every method the route answers, for `Allow`."""
    protected: bool = False
    """Whether a token is needed where authentication is on."""
    scopes: Mapping[str, str] = MappingProxyType({})
    """By method: the scope that the token must grant."""


UNKNOWN_ROUTE = Route("unknown", {})


class Request(msgspec.Struct, eq=False, gc=False):
    """A request on its way through the pipeline.

    A server's adapter subclasses it with the two ways to read a body. What stands below the line is
    filled in by the stages the request passes: `subject` is who asks, as far as a token says so, `owner`
    whose records alone exist for this request (None: everybody's). Structs are made four times as fast as
    slotted classes; `eq=False` keeps them hashable by identity.
    """

    method: str
    path: str
    query: str
    headers: Headers
    peer: str
    # ---
    request_id: str = ""
    route: Route = UNKNOWN_ROUTE
    record_id: str = ""
    client: Client = NO_ADDRESS
    subject: str | None = None
    owner: str | None = None
    started: float = 0.0
    refusal: EstuaryError | None = None
    """Why it is none that could be served, found out before anybody asked what for."""
    passed: int = 0
    """How many guards need not be asked again: the last one of them was given time to decide."""
    reply_lines: str = ""
    """Header fields that the answer will have whatever becomes of it, as lines of its head."""

    @property
    def arrived_body(self) -> bytes | None:
        """The whole body if the server has it already, None if it has to be waited for."""
        return None

    async def read_body(self) -> bytes:
        """The whole body at once, however long; raises `TruncatedBody`."""
        raise NotImplementedError  # each adapter has its own way

    def body_chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece; raises `TruncatedBody` at its end if it was not whole."""
        raise NotImplementedError  # as above


Handler = Callable[[Request], Response | Awaitable[Response]]
"""Answers a request: at once where it does not have to wait, or with what to wait for."""
Verdict = Response | EstuaryError | None
Guard = Callable[[Request], Verdict | Awaitable[Verdict]]
"""A stage before the handler: lets a request pass (None), answers it, or refuses it with an error.

Refusals that come in floods are given back: raised, each would cost a fifth more than what is served.
It decides at once where it can; where it has to wait for something outside the process, it gives back what
to wait for. A coroutine more a stage would cost a tenth of a small request.
"""
Step = Response | Awaitable[Verdict]
"""How far a request got: it is answered, or something has to be waited for."""


def line(name: str, value: object) -> str:
    """A header field as a line of a head."""
    return f"{name}: {value}\r\n"


def fields(lines: str) -> list[Header]:
    """The header fields that `lines` say, for servers that want them apart."""
    return [(name, value) for name, _, value in (each.partition(": ") for each in lines.split("\r\n")[:-1])]
