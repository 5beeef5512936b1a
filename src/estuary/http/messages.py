"""Request and Response as the kernel sees them: no server and no protocol in sight."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from mypy_extensions import mypyc_attr

from estuary.core.access.access import Action
from estuary.core.access.identity import Identity
from estuary.core.access.rights import EVERYTHING, Rights
from estuary.core.errors import EstuaryError
from estuary.http.client import NO_ADDRESS
from estuary.http.header_fields import Fields

Header = tuple[str, str]
"""A field name in lower case, and its value."""

JSON: Final[Header] = ("content-type", "application/json")
EVERY_METHOD: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, QUERY, OPTIONS"
"""What some route or other serves, for `Allow` where no route in particular is meant."""


class TruncatedBody(Exception):
    """The connection ended, or broke its framing, before the body was whole."""


@mypyc_attr(acyclic=True)
class Response:
    """An answer, with the fields that are particular to it: `lines` as lines of a head, then `headers`.

    Adapters put the application's `constant_headers` and the request's `reply_lines` before them. `close`
    says that the connection ends with this answer.
    """

    __slots__ = ("body", "close", "headers", "lines", "status")

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        headers: tuple[Header, ...] = (),
        close: bool = False,
        lines: str = "",
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.close = close
        self.lines = lines


@mypyc_attr(acyclic=True)
class PageResponse(Response):
    """An answer to a page: its own Content-Security-Policy replaces the constant one.

    A browser that is given two holds to both (CSP level 3, 8.1).
    """

    __slots__ = ()


CSP: Final = "content-security-policy"


def constant_on_pages(headers: Sequence[Header]) -> tuple[Header, ...]:
    """The `constant_headers` that a `PageResponse` has, too."""
    return tuple(each for each in headers if each[0] != CSP)


class Route:
    """One line of the URL table.

    `template` is the route's name in metrics and logs, `handlers` are by method (GET serves HEAD too);
    a `limited` route counts against its client's rate limit, an `essential` one is answered even
    when the service is overloaded. `methods` are all that it answers, for `Allow`. `rights` say who may do
    what `actions` name by method; without them everyone may. `place` is the form of its paths, mostly
    `template` too.
    """

    __slots__ = ("actions", "essential", "handlers", "limited", "methods", "place", "rights", "template")

    def __init__(
        self,
        template: str,
        handlers: "dict[str, Handler]",
        limited: bool = True,
        essential: bool = False,
        methods: tuple[str, ...] = (),
        rights: Rights | None = None,
        actions: Mapping[str, Action] = MappingProxyType({}),
        place: str | None = None,
    ) -> None:
        self.template = template
        self.place = template if place is None else place
        self.handlers = handlers
        self.limited = limited
        self.essential = essential
        self.methods = methods
        self.rights = rights
        self.actions = actions


UNKNOWN_ROUTE: Final = Route("unknown", {})


@mypyc_attr(allow_interpreted_subclasses=True)
class Request:
    """A request on its way through the pipeline.

    A server's adapter subclasses it with the two ways to read a body. What its head does not say is filled
    in by the stages that the request passes. `refusal` says why it cannot be served, where that was found
    before its route.
    """

    __slots__ = (
        "client",
        "grant",
        "headers",
        "identity",
        "method",
        "newer",
        "older",
        "owner",
        "passed",
        "path",
        "peer",
        "query",
        "record_id",
        "refusal",
        "reply_lines",
        "request_id",
        "route",
        "started",
        "subject",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query: str,
        headers: Fields,
        peer: str,
        refusal: EstuaryError | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.peer = peer
        self.refusal = refusal
        self.request_id = ""
        self.route = UNKNOWN_ROUTE
        self.record_id = ""
        self.client = NO_ADDRESS
        self.subject: str | None = None
        """Who asks, as far as a token says so."""
        self.identity: Identity | None = None
        """All that its token says of who asks."""
        self.owner: str | None = None
        """Whose records alone exist for this request; None where all owners' do."""
        self.grant = EVERYTHING
        """What its asker may do with the records that it asks for."""
        self.newer: Request | None = None
        """Its neighbours among the requests under way."""
        self.older: Request | None = None
        self.started = 0.0
        self.passed = 0
        """How many guards need not be asked again: the last one of them was given time to decide."""
        self.reply_lines = ""
        """Header fields that the answer will have whatever becomes of it, as lines of its head."""

    @property
    def arrived_body(self) -> bytes | None:
        """The whole body if the server has it already, None if it has to be waited for."""
        return None

    def read_body(self) -> Awaitable[bytes]:
        """The whole body at once, however long; raises `TruncatedBody`."""
        raise NotImplementedError  # each adapter has its own way

    def body_chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece; raises `TruncatedBody` at its end if it was not whole."""
        raise NotImplementedError  # as above


Handler = Callable[[Request], Response | Awaitable[Response]]
"""Answers a request: at once where it does not have to wait, or with what to wait for."""
Verdict = Response | EstuaryError | None
Step = Response | Awaitable[Verdict]
"""How far a request got: it is answered, or something has to be waited for."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Guard:
    """A stage before the handler.

    A class, not a protocol: compiled code calls the method of a class that it knows without a look-up.
    """

    def check(self, request: Request) -> Verdict | Awaitable[Verdict]:
        """Let `request` pass (None), answer it, or refuse it with an error.

        Refusals that come in floods are given back: raised, each would cost a fifth more than what is
        served. A guard decides at once where it can; where it has to wait for something outside the
        process, it gives back what to wait for. A coroutine more a stage would cost a tenth of a small
        request.
        """
        raise NotImplementedError  # each guard has its own


def line(name: str, value: object) -> str:
    """A header field as a line of a head."""
    return f"{name}: {value}\r\n"


def fields(lines: str) -> list[Header]:
    """The header fields that `lines` say, for servers that want them apart."""
    return [(name, value) for name, _, value in (each.partition(": ") for each in lines.split("\r\n")[:-1])]
