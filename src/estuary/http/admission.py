"""Admission: how a request finds its handler, and what may keep it from it."""

from collections.abc import Awaitable, Callable, Sequence

from estuary.core.errors import NotFound
from estuary.http.client_address import ClientAddress
from estuary.http.errors import MethodNotAllowed
from estuary.http.guards.request_id import Identifier
from estuary.http.messages import Guard, Handler, Request, Verdict
from estuary.http.router import PathRouter


class Admission:
    """Leads requests past the `guards`, in their order, to the handlers that `router` finds.

    Those that were refused before pass the `doors` only. `identifier` gives each request its id,
    `addresses` find its client, `grant` says what its answer lets a browser's page see, whatever that is.
    """

    def __init__(
        self,
        *,
        router: PathRouter,
        guards: Sequence[Guard],
        doors: Sequence[Guard],
        identifier: Identifier,
        addresses: ClientAddress,
        grant: Callable[[Request], str] | None,
    ) -> None:
        self._router = router
        self._guards = tuple(guards)
        self._doors = tuple(doors)
        self._identifier = identifier
        self._addresses = addresses
        self._grant = grant

    def identify(self, request: Request) -> None:
        """Find out who asks, and what for; the id is in every answer."""
        request.request_id = self._identifier(request)
        lines = f"x-request-id: {request.request_id}\r\n"
        request.reply_lines = lines if self._grant is None else lines + self._grant(request)
        request.client = self._addresses.of(request)
        request.route = self._router.find(request)

    def admit(self, request: Request) -> Verdict | Awaitable[Verdict]:
        """What the guards decide: None to let it pass, an answer, or what to wait for.

        After that call again: the guards behind the one that made it wait decide. Behind all of them stands
        the request's own `refusal`, if it has one. Raises what they raise.
        """
        guards = self._guards if request.refusal is None else self._doors
        for place in range(request.passed, len(guards)):
            verdict = guards[place](request)
            if verdict is not None:
                request.passed = place + 1
                return verdict
        return request.refusal

    def handler(self, request: Request) -> Handler:
        """Who answers the request; raises `NotFound` or `MethodNotAllowed`."""
        route = request.route
        handler = route.handlers.get(request.method)
        if handler is not None:
            return handler
        if not route.handlers:
            raise NotFound(request.path)
        raise MethodNotAllowed(route.methods)
