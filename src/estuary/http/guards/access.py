"""Authorisation: whether who asks may do what is asked, decided before the body is read."""

from typing import Final

from estuary.core.access.access import Action
from estuary.core.access.identity import Refusal
from estuary.core.errors import Forbidden, Unauthenticated
from estuary.core.observations import AuthFailed
from estuary.core.ports import Observer
from estuary.http.messages import Guard, Request, Route, Verdict, line
from estuary.http.records.write_headers.preconditions import demands_absence

_READS: Final = ("GET", "HEAD")
_PRIVATE: Final = line("vary", "Authorization") + line("cache-control", "private")


class AccessGuard(Guard):
    """Lets requests pass that the rights of their route admit, and says with whose records.

    What reads of records are answered depends on who asks, unless everyone may read them: no cache gives
    one asker's answer to another.
    """

    def __init__(self, observe: Observer) -> None:
        self._observe = observe

    def check(self, request: Request) -> Verdict:
        """Let the request pass, or give back `Unauthenticated` or `Forbidden`."""
        route, method = request.route, request.method
        rights = route.rights
        if rights is None or method == "OPTIONS":
            return None
        if method in _READS and not rights.read.everyone:
            request.reply_lines += _PRIVATE
        try:
            action = _action(route, request)
            if action is None:
                rights.admit(request.identity)
                request.owner = None if request.identity is None else request.identity.owner or None
                return None
            request.grant = rights.grant(action, request.identity)
        except (Forbidden, Unauthenticated) as refusal:
            self._observe(AuthFailed(reason_of(refusal), request.client.address))
            return refusal
        request.owner = request.grant.owner
        return None


def reason_of(refusal: Forbidden | Unauthenticated) -> Refusal:
    """The reason by which a refusal is counted."""
    if isinstance(refusal, Unauthenticated):
        return Refusal(refusal.reason)
    return Refusal.ACCESS if refusal.scope is None else Refusal.SCOPE


def _action(route: Route, request: Request) -> Action | None:
    """What is asked; None where that is known later, as of a batch, or the route has no such method.

    A PUT on condition that there is no record creates one, and updates it on any other condition.
    """
    action = route.actions.get(request.method)
    if request.method == "PUT":
        headers = request.headers
        if headers.get("if-none-match") is not None and demands_absence(headers):
            return Action.CREATE
        if headers.get("if-match") is not None:
            return Action.UPDATE
    return action
