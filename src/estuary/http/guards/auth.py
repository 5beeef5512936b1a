"""Authentication: who asks (RFC 6750). What an asker may do, `guards/access.py` decides."""

from collections.abc import Awaitable
from typing import Final, Protocol

from estuary.core.access.identity import Identity, Refusal
from estuary.core.allowance import Decision
from estuary.core.awaiting import then
from estuary.core.errors import KeysUnavailable, Unauthenticated
from estuary.core.observations import AuthFailed
from estuary.core.ports import Observer, TokenVerifier
from estuary.http.errors import RateLimited
from estuary.http.messages import Guard, Request, Verdict
from estuary.http.waiting import unless_failed

_SCHEME, _CANONICAL = "bearer", "Bearer"
_BLOCKED: Final = Refusal.BLOCKED
_UNLIMITED = Decision(allowed=True, remaining=1, resets_in=0.0)


class FailureLimiter(Protocol):
    """Counts clients' bad tokens; needs no waiting.

    Both raise `LimiterUnavailable` where that cannot be done now: no client may guess uncounted.
    """

    def wait(self, client: str) -> float:
        """The seconds for which no token of `client` is looked at; 0 if one may be now."""
        ...

    def hit(self, client: str) -> Decision:
        """Count one more; it is refused if others used up the client's tries while it was looked at."""
        ...


class NoFailureLimit:
    """Limits nothing: every client may try again."""

    def wait(self, _: str) -> float:
        """Always 0."""
        return 0.0

    def hit(self, _: str) -> Decision:
        """Counts nothing."""
        return _UNLIMITED


class Auth(Guard):
    """Finds out whose the tokens are that requests on protected routes carry; lets none pass that is bad.

    A request without credentials passes, as anonymous: some routes are for everyone. A token that was
    verified before costs a look-up. Any other is looked at only if its client has not had too many refused;
    a client that is blocked can go on using tokens that are known, so one that shares its address with an
    attacker notices little. Preflight requests never carry a token (Fetch, 4.8).
    """

    def __init__(self, verifier: TokenVerifier, failures: FailureLimiter, observe: Observer) -> None:
        self._known = verifier.known
        self._verify = verifier.verify
        self._failures = failures
        self._observe = observe

    def check(self, request: Request) -> Verdict | Awaitable[Verdict]:
        """Say whose request it is, or raise the refusal; at once for a known token.

        `RateLimited` is given back to a client that is blocked.
        """
        if request.route.rights is None or request.method == "OPTIONS":
            return None
        # A known token is found by the whole field: nothing of it has to be taken apart.
        field = request.headers.get("authorization")
        identity = None if field is None else self._known(field)
        if identity is not None:
            return self._admit(identity, request)
        # It is known by one spelling, or capitals and blanks would make many tokens of one.
        token = self._token(request)
        if token is None:
            return None
        canonical = f"{_CANONICAL} {token}"
        identity = self._known(canonical) if canonical != field else None
        if identity is not None:
            return self._admit(identity, request)
        return self._look_at(token, canonical, request)

    def _look_at(self, token: str, name: str, request: Request) -> Verdict | Awaitable[Verdict]:
        seconds = self._failures.wait(request.client.key)
        if seconds > 0:
            self._observe(AuthFailed(_BLOCKED, request.client.address))
            return RateLimited(seconds)
        verified = unless_failed(self._verify(token, name), lambda error: self._tell(error, request))
        return then(verified, lambda identity: self._admit(identity, request))

    def _admit(self, identity: Identity, request: Request) -> Verdict:
        request.subject = identity.subject
        request.identity = identity
        return None

    def _token(self, request: Request) -> str | None:
        """The one bearer token of the request (RFC 6750, 2.1), None where it has none.

        In URLs and bodies none is looked for. Raises `Unauthenticated`.
        """
        fields = request.headers.get_all("authorization")
        scheme, _, token = fields[0].partition(" ") if fields else ("", "", "")
        if not fields:
            return None
        if scheme.lower() != _SCHEME:
            self._observe(AuthFailed(Refusal.MISSING, request.client.address))
            raise Unauthenticated(Refusal.MISSING)
        if len(fields) > 1:
            # A proxy that looks at another one than we do must not be fooled. Our own server lets none by.
            self._fail(Refusal.MALFORMED, request)
            raise Unauthenticated(Refusal.MALFORMED)
        return token.strip(" ")

    def _tell(self, error: Exception, request: Request) -> None:
        if isinstance(error, Unauthenticated):
            self._fail(Refusal(error.reason), request)
        elif isinstance(error, KeysUnavailable):
            self._observe(AuthFailed(Refusal.KEYS_UNAVAILABLE, request.client.address))

    def _fail(self, reason: Refusal, request: Request) -> None:
        """Count a bad token; what is wrong with one too many, its client does not learn either."""
        decision = self._failures.hit(request.client.key)
        if not decision.allowed:
            self._observe(AuthFailed(_BLOCKED, request.client.address))
            raise RateLimited(decision.resets_in)
        self._observe(AuthFailed(reason, request.client.address))
