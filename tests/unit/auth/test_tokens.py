"""Tokens: who is let in, who is not, and what neither costs the issuer."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from estuary.auth.claims import ClaimRules
from estuary.auth.tokens import Issuer, JwtVerifier
from estuary.auth.verified import VerifiedTokens
from estuary.core.access.identity import NO_OWNER, Identity, Refusal
from estuary.core.errors import KeysUnavailable, Unauthenticated
from tests.support.forgeries import Forger
from tests.support.issuer import AUDIENCE, keys_of
from tests.unit.auth.sources import ISSUER, USUAL, Published, World, claims_at, source

ATTACKER = "http://127.0.0.1:9"
FORGER = Forger(ISSUER, keys_of("RS256"), ATTACKER)
FORGERIES = FORGER.every()
ALICE = Identity("alice", None, frozenset({"items:read", "items:write"}))


async def refusal(verifier: JwtVerifier, token: str) -> str:
    """Why `token` is refused; "accepted" if it is not."""
    try:
        await verifier.verify(token, token)
    except Unauthenticated as error:
        return error.reason
    return "accepted"


async def world_of_forgeries() -> World:
    """A world at the time at which the forgeries were made, whose issuer has a key of each kind."""
    world = World(keys_of("RS256"), keys_of("ES256"), keys_of("EdDSA"))
    world.clock.set(datetime.fromtimestamp(FORGER.claims["iat"], UTC))
    await world.source.refresh()
    return world


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_good_token_says_who_asks(algorithm: str) -> None:
    """Whatever the usual algorithm, a token of the issuer's is believed, first and again."""
    world = World(keys_of(algorithm))
    await world.source.refresh()
    token = world.token()
    assert world.verifier.known(token) is None
    assert ALICE == await world.verify(token)
    assert ALICE == world.verifier.known(token)


async def test_no_forgery_is_accepted() -> None:
    """Each of the forged and malformed tokens is refused with a reason, and none with another error."""
    world = await world_of_forgeries()
    assert len(FORGERIES) >= 100
    assert "accepted" == await refusal(world.verifier, FORGER.signed(FORGER.header, FORGER.claims))
    reasons = {name: await refusal(world.verifier, token) for name, token in FORGERIES.items()}
    assert {} == {name: reason for name, reason in reasons.items() if reason not in set(Refusal)}
    assert [] == [name for name, token in FORGERIES.items() if world.verifier.known(token) is not None]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("alg none, no signature", Refusal.MALFORMED),
        ("alg none, some signature", Refusal.ALGORITHM),
        ("HS256 keyed with the public key as PEM", Refusal.ALGORITHM),
        ("alg PS256 over an RS256 signature", Refusal.UNKNOWN_KEY),
        ("jwk, signed by an attacker", Refusal.MALFORMED),
        ("kid is a path", Refusal.UNKNOWN_KEY),
        ("crit of exp", Refusal.MALFORMED),
        ("ECDSA signature psychic: zeros", Refusal.SIGNATURE),
        ("claims changed after signing", Refusal.SIGNATURE),
        ("expired", Refusal.EXPIRED),
        ("not yet valid", Refusal.NOT_YET_VALID),
        ("iss is another", Refusal.ISSUER),
        ("no sub", Refusal.CLAIMS),
        ("aud is another", Refusal.AUDIENCE),
        ("signature padded", Refusal.MALFORMED),
        ("sub twice", Refusal.MALFORMED),
        ("900 objects in one another", Refusal.MALFORMED),
    ],
)
async def test_the_reason_is_told_apart(name: str, reason: Refusal) -> None:
    """Operators learn from the metric what kind of token comes."""
    world = await world_of_forgeries()
    assert reason == await refusal(world.verifier, FORGERIES[name])


@pytest.mark.parametrize(
    ("claims", "outcome"),
    [
        ({"exp": -29}, "accepted"),
        ({"exp": -30}, Refusal.EXPIRED),
        ({"nbf": 30}, "accepted"),
        ({"nbf": 31}, Refusal.NOT_YET_VALID),
        ({"iat": 30}, "accepted"),
        ({"iat": 31}, Refusal.NOT_YET_VALID),
        ({"exp": 0.5}, "accepted"),
    ],
)
async def test_clocks_may_differ_by_the_skew(claims: dict[str, float], outcome: str) -> None:
    """Half a minute of difference is forgiven in both directions, and not a second more."""
    world = World()
    await world.source.refresh()
    now = int(world.clock.now().timestamp())
    token = keys_of("RS256").sign(
        claims_at(world.clock) | {name: now + seconds for name, seconds in claims.items()}
    )
    world.clock.set(world.clock.now().replace(microsecond=0))
    assert outcome == await refusal(world.verifier, token)


async def test_a_verified_token_is_known_until_it_ends() -> None:
    """A verified token expires in the cache when verifying it would refuse it."""
    world = World()
    await world.source.refresh()
    token = world.token()
    await world.verify(token)
    world.clock.advance(628)
    assert ALICE == world.verifier.known(token)
    world.clock.advance(2)
    assert world.verifier.known(token) is None
    assert Refusal.EXPIRED == await refusal(world.verifier, token)


async def test_a_rotated_key_is_believed_at_once_and_the_old_one_no_more() -> None:
    """The first token of a new key makes us ask; what the withdrawn key signed is forgotten with it."""
    world = World(keys_of("RS256"))
    await world.source.refresh()
    old = world.token()
    await world.verify(old)
    world.published.keys = [keys_of("RS256", "second")]
    new = world.token()
    assert ALICE == await world.verify(new)
    assert world.verifier.known(old) is None
    assert Refusal.UNKNOWN_KEY == await refusal(world.verifier, old)


async def test_unknown_keys_trigger_one_fetch_in_ten_seconds() -> None:
    """10,000 tokens that name unknown keys cost the issuer a fetch in 10 s, and good tokens nothing."""
    world = World()
    await world.source.refresh()
    claims = claims_at(world.clock)
    good, attacker = world.token(), keys_of("EdDSA", "attacker")
    fetched = []
    for number in range(10_000):
        forged = attacker.sign(claims, kid=f"unknown-{number}")
        before = world.published.fetches
        assert Refusal.UNKNOWN_KEY == await refusal(world.verifier, forged)
        if world.published.fetches > before:
            fetched.append(world.clock.monotonic())
        assert "accepted" == await refusal(world.verifier, good)
        world.clock.advance(0.01)
    assert 10 == len(fetched)
    assert min(later - earlier for earlier, later in pairwise(fetched)) >= 10.0


async def test_under_a_flood_a_new_key_is_believed_ten_seconds_later() -> None:
    """What an attacker can delay, by using up the fetch, is bounded."""
    world = World()
    await world.source.refresh()
    attacker = keys_of("EdDSA", "attacker")
    await refusal(world.verifier, world.token(attacker))
    world.published.keys = [keys_of("RS256", "second")]
    new = world.token()
    assert Refusal.UNKNOWN_KEY == await refusal(world.verifier, new)
    world.clock.advance(10.0)
    assert "accepted" == await refusal(world.verifier, new)


async def test_good_tokens_pass_while_the_issuer_is_down() -> None:
    """An hour without the issuer, and then most of a day: the keys there are go on being used."""
    world = World()
    await world.source.refresh()
    world.published.down = True
    for _ in range(24):
        world.clock.advance(3600)
        await world.source.tick()
        assert "accepted" == await refusal(world.verifier, world.token())


async def test_keys_are_not_used_for_ever() -> None:
    """Beyond their time and the staleness allowed nothing is believed, remembered tokens included."""
    world = World()
    await world.source.refresh()
    world.published.down = True
    token = world.token(exp=int(world.clock.now().timestamp()) + 200_000)
    await world.verify(token)
    world.clock.advance(3600 + 86_400)
    await world.source.tick()
    assert world.verifier.known(token) is None
    with pytest.raises(KeysUnavailable):
        await world.verify(token)


async def test_without_keys_nothing_can_be_said() -> None:
    """An issuer that was never reached is not the token's fault; forms are still refused as such."""
    world = World()
    world.published.down = True
    await world.source.refresh()
    with pytest.raises(KeysUnavailable):
        await world.verify(world.token())
    assert Refusal.MALFORMED == await refusal(world.verifier, "letmein")
    assert Refusal.ISSUER == await refusal(world.verifier, world.token(iss="https://other.test"))


async def test_a_token_without_key_id_needs_a_set_with_one_key() -> None:
    """Which key is meant must not be guessed."""
    for keys, outcome in (((), "accepted"), ((keys_of("RS256", "second"),), Refusal.UNKNOWN_KEY)):
        world = World(keys_of("RS256"), *keys)
        world.clock.set(datetime.fromtimestamp(FORGER.claims["iat"], UTC))
        await world.source.refresh()
        assert outcome == await refusal(world.verifier, FORGER.signed({"alg": "RS256"}, FORGER.claims))


async def test_issuers_do_not_speak_for_each_other() -> None:
    """Each issuer's keys are for its own tokens, and equal subjects of two issuers are two subjects."""
    world = World()
    second = Published(keys_of("RS256", "second"))
    verifier = two_issuers(world, second)
    token = world.token()
    await verifier.verify(token, token)
    theirs = keys_of("RS256", "second")
    assert (
        "https://second.test|alice"
        == (await identity(verifier, world, theirs, "https://second.test")).subject
    )
    assert (
        "https://second.test|alice"
        == (await identity(verifier, world, theirs, "https://second.test")).owner
    )
    crossed = world.token(theirs)
    assert Refusal.UNKNOWN_KEY == await refusal(verifier, crossed)
    disguised = world.token(sub="https://second.test|alice")
    assert Refusal.CLAIMS == await refusal(verifier, disguised)


async def identity(verifier: JwtVerifier, world: World, keys: Any, issuer: str) -> Identity:
    """Whom a token of `issuer` speaks of."""
    token = world.token(keys, iss=issuer)
    return await verifier.verify(token, token)


def two_issuers(world: World, second: Published) -> JwtVerifier:
    """A verifier that believes the world's issuer and another one."""
    prefix = "https://second.test|"
    theirs = source(second.load, clock=world.clock)

    class Started(JwtVerifier):
        async def verify(self, token: str, name: str) -> Identity:
            for each in (world.source, theirs):
                if not each.available:
                    await each.refresh()
            return await super().verify(token, name)

    return Started(
        {ISSUER: Issuer("", [world.source]), "https://second.test": Issuer(prefix, [theirs])},
        None,
        algorithms=USUAL,
        rules=ClaimRules(
            audiences=frozenset({AUDIENCE}), owner_claim="sub", skew=30.0, prefixes=("", prefix)
        ),
        verified=VerifiedTokens(world.clock.timestamp),
        clock=world.clock,
    )


async def test_without_an_issuer_any_token_signed_with_the_keys_is_accepted() -> None:
    """Key sets alone: the issuer's name is not looked at, but has to be a name."""
    world = World()
    await world.source.refresh()
    verifier = JwtVerifier(
        {},
        Issuer("", [world.source]),
        algorithms=USUAL,
        rules=ClaimRules(audiences=frozenset(), owner_claim=None, skew=0.0),
        verified=VerifiedTokens(world.clock.timestamp),
        clock=world.clock,
    )
    for claims, outcome in (
        ({"iss": "https://anybody.test"}, "accepted"),
        ({"aud": "https://other.test"}, "accepted"),
        ({"aud": 1}, Refusal.CLAIMS),
    ):
        assert outcome == await refusal(verifier, world.token(**claims)), claims


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("scope", "items:read  items:write"),
        ("scope", ["items:read", "items:write"]),
        ("scp", "items:read items:write"),
        ("scp", ["items:read", "items:write"]),
        ("permissions", ["items:read", "items:write"]),
    ],
)
async def test_scopes_stand_where_issuers_write_them(claim: str, value: object) -> None:
    """The claims that the usual issuers use, each in its usual form."""
    world = World()
    await world.source.refresh()
    claims = {name: v for name, v in claims_at(world.clock).items() if name != "scope"}
    token = keys_of("RS256").sign({**claims, claim: value})
    assert {"items:read", "items:write"} == (await world.verify(token)).scopes


async def test_the_owner_is_the_claim_that_was_chosen() -> None:
    """A tenant's claim decides whose records are seen: those of none where a token does not have it."""
    world = World(owner_claim="tenant")
    await world.source.refresh()
    assert "north" == (await world.verify(world.token(tenant="north"))).owner
    assert NO_OWNER == (await world.verify(world.token())).owner
    for wrong in (["north"], "", 7, False):
        assert Refusal.CLAIMS == await refusal(world.verifier, world.token(tenant=wrong))


async def test_roles_come_from_the_claim_that_was_chosen() -> None:
    """A token without it has none; one whose claim is of another type is refused, with its own reason."""
    world = World(roles_claim="realm_access.roles")
    await world.source.refresh()
    admin = world.token(realm_access={"roles": ["admin"]})
    assert {"admin"} == (await world.verify(admin)).roles
    assert frozenset() == (await world.verify(world.token())).roles
    assert Refusal.ROLES == await refusal(world.verifier, world.token(realm_access=["admin"]))


async def test_no_roles_are_read_unless_a_claim_is_chosen() -> None:
    """What a token calls roles says nothing where AUTH_ROLES_CLAIM is not set."""
    world = World()
    await world.source.refresh()
    assert frozenset() == (await world.verify(world.token(roles=["admin"]))).roles


async def test_no_token_claims_the_subject_of_an_api_key() -> None:
    """A subject that begins as those of API keys do is refused."""
    world = World()
    await world.source.refresh()
    assert Refusal.CLAIMS == await refusal(world.verifier, world.token(sub="key:0123456789abcdef"))
