"""Verifiers over keys that come from a function, and what they observe."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from estuary.auth.algorithms import ALGORITHMS
from estuary.auth.claims import ClaimRules
from estuary.auth.fetch import FetchFailed
from estuary.auth.jwks import KeySource
from estuary.auth.kept_keys import Keep, NoKeep
from estuary.auth.tokens import Issuer, JwtVerifier
from estuary.auth.trial import TrialKeys
from estuary.auth.verified import VerifiedTokens
from estuary.core.access.identity import Identity
from estuary.core.observations import Observation
from estuary.core.ports import Clock
from tests.support.clocks import SettableClock
from tests.support.issuer import AUDIENCE, keys_of, usual_claims

ISSUER = "https://issuer.test"
USUAL = frozenset({"RS256", "PS256", "ES256", "EdDSA"})
CACHE_SECONDS, STALE_SECONDS = 3600.0, 86_400.0


class Published:
    """What an issuer publishes: its keys, until it is down."""

    def __init__(self, *keys: TrialKeys) -> None:
        self.keys = list(keys or [keys_of("RS256")])
        self.down = False
        self.fetches = 0

    async def load(self) -> bytes:
        """The port of `KeySource`."""
        self.fetches += 1
        if self.down:
            raise FetchFailed("it answered 503")
        return key_set(*self.keys)


class World:
    """One issuer's keys, a verifier that believes its tokens, and a clock that stands still."""

    def __init__(
        self,
        *keys: TrialKeys,
        algorithms: frozenset[str] = USUAL,
        keep: Keep | None = None,
        load: Callable[[], Awaitable[bytes]] | None = None,
        clock: SettableClock | None = None,
        owner_claim: str | None = None,
        roles_claim: str | None = None,
    ) -> None:
        self.clock = clock or SettableClock()
        self.published = Published(*keys)
        self.seen: list[Observation] = []
        self.verified = VerifiedTokens(self.clock.timestamp)
        self.source = source(
            load or self.published.load,
            clock=self.clock,
            observe=self.seen.append,
            changed=self.verified.clear,
            algorithms=algorithms,
            keep=keep,
        )
        self.verifier = JwtVerifier(
            {ISSUER: Issuer("", [self.source])},
            None,
            algorithms=algorithms,
            rules=ClaimRules(
                audiences=frozenset({AUDIENCE}), owner_claim=owner_claim, skew=30.0, roles_claim=roles_claim
            ),
            verified=self.verified,
            clock=self.clock,
        )

    async def verify(self, token: str) -> Identity:
        """Whom `token` speaks of, which is then known under itself."""
        return await self.verifier.verify(token, token)

    def token(self, keys: TrialKeys | None = None, **claims: Any) -> str:
        """A token that is good by the clock, with `claims` in place of the usual ones."""
        return (keys or self.published.keys[0]).sign(claims_at(self.clock) | claims)


def claims_at(clock: Clock) -> dict[str, Any]:
    """What a good token says that is made now."""
    now = int(clock.now().timestamp())
    return usual_claims(ISSUER) | {"iat": now, "nbf": now, "exp": now + 600}


def source(
    load: Callable[[], Awaitable[bytes]],
    *,
    clock: Clock,
    observe: Callable[[Observation], None] = lambda _: None,
    changed: Callable[[], None] = lambda: None,
    algorithms: frozenset[str] = frozenset(ALGORITHMS),
    keep: Keep | None = None,
) -> KeySource:
    """A key source over `load`, without jitter."""
    return KeySource(
        ISSUER,
        load,
        algorithms=algorithms,
        cache_seconds=CACHE_SECONDS,
        stale_seconds=STALE_SECONDS,
        keep=keep or NoKeep(),
        clock=clock,
        observe=observe,
        changed=changed,
        randomly=lambda: 0.0,
    )


def key_set(*keys: TrialKeys) -> bytes:
    """The document that publishes `keys`."""
    return msgspec.json.encode({"keys": [jwk for each in keys for jwk in each.public_set()["keys"]]})
