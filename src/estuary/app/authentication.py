"""Authentication as configured: which issuers' tokens are accepted, and where their keys come from."""

from collections.abc import Awaitable, Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from estuary.app.service import Companion
from estuary.app.shared_state import SharedState
from estuary.app.stores import data_folder
from estuary.config.settings import Settings
from estuary.config.urls import file_path
from estuary.core.access.identity import MAX_SUBJECT_LENGTH
from estuary.core.extras import needs
from estuary.core.kinds.server_values import Subject
from estuary.core.ports import ApiKeys, Clock, Observer, TokenVerifier
from estuary.core.resource import DeclarationError, Resource
from estuary.http.guards.auth import Auth, FailureLimiter, NoFailureLimit
from estuary.http.messages import Guard
from estuary.http.scopes import NO_SCOPES, Scopes

if TYPE_CHECKING:  # imported only where tokens are asked for: they cost 150 ms and 20 MB
    from estuary.auth.jwks import KeySource
    from estuary.auth.tokens import JwtVerifier
    from estuary.auth.verified import VerifiedTokens

_LIBRARIES = ("jwt", "cryptography", "aiohttp")


class Authentication(msgspec.Struct, frozen=True):
    """The guard that verifies tokens and API keys, and what keeps it up to date; empty if it is off."""

    guards: Sequence[Guard] = ()
    companions: Sequence[Companion] = ()


def authentication(
    settings: Settings, shared: SharedState, api_keys: ApiKeys, clock: Clock, observe: Observer
) -> Authentication:
    """Authentication as `settings` configure it; raises `DeclarationError` if its libraries are missing."""
    if not settings.auth_enabled:
        return Authentication()
    from estuary.auth.verified import VerifiedTokens

    verified = VerifiedTokens(clock.timestamp)
    companions: list[Companion] = []
    verifier: TokenVerifier | None = None
    if settings.accepts_tokens:
        verifier = _token_verifier(settings, clock, observe, verified, companions)
    if settings.keys_enabled:
        verifier = _with_keys(api_keys, clock, observe, verified, companions, verifier)
    if verifier is None:
        return Authentication()
    guard = Auth(verifier, _failures(settings, shared, clock), observe)
    return Authentication([guard], companions)


def _token_verifier(
    settings: Settings,
    clock: Clock,
    observe: Observer,
    verified: "VerifiedTokens",
    companions: list[Companion],
) -> TokenVerifier:
    for library in _LIBRARIES:
        if find_spec(library) is None:
            raise DeclarationError(needs("AUTH_ENABLED", library, "auth"))
    from estuary.auth.keyring import KeyRing

    sources = _Sources(settings, clock, observe, verified.clear)
    verifier = _verifier(settings, clock, sources, verified)
    companions.append(KeyRing(sources.made))
    return verifier


def _with_keys(
    api_keys: ApiKeys,
    clock: Clock,
    observe: Observer,
    verified: "VerifiedTokens",
    companions: list[Companion],
    tokens: TokenVerifier | None,
) -> TokenVerifier:
    from estuary.auth.bearer_verifier import BearerVerifier
    from estuary.auth.key_verifier import KeyVerifier

    keys = KeyVerifier(api_keys, verified, clock, observe)
    companions.append(keys)
    return BearerVerifier(keys, tokens)


def demand_room_for_subjects(settings: Settings, resources: Sequence[Resource]) -> None:
    """Raise `DeclarationError` for a field that is set to the subject, and too short for some of them."""
    prefixes = _prefixes(settings.auth_issuer) if settings.auth_enabled else {}
    for issuer, prefix in prefixes.items():
        longest = len(prefix) + MAX_SUBJECT_LENGTH
        for resource in resources:
            for field in resource.fields:
                room = field.kind.longest if isinstance(field.server_value, Subject) else None
                if room is not None and room < longest:
                    raise DeclarationError(
                        f"RESOURCES: {resource.name}: field {field.name!r}: subjects of the issuer "
                        f"{issuer} have up to {longest} characters: declare at least that as max_length"
                    )


def documented_scopes(settings: Settings) -> Scopes | None:
    """The scopes for the OpenAPI document; None if authentication is off."""
    return scopes(settings) if settings.auth_enabled else None


def scopes(settings: Settings) -> Scopes:
    """The scopes that tokens must grant."""
    if not settings.auth_require_scopes:
        return NO_SCOPES
    return Scopes(settings.auth_read_scope, settings.auth_write_scope)


def _failures(settings: Settings, shared: SharedState, clock: Clock) -> FailureLimiter:
    if settings.auth_failure_limit == 0:
        return NoFailureLimit()
    return shared.failure_limiter(settings, clock.monotonic)


def _verifier(
    settings: Settings, clock: Clock, sources: "_Sources", verified: "VerifiedTokens"
) -> "JwtVerifier":
    from estuary.auth.claims import ClaimRules
    from estuary.auth.tokens import Issuer, JwtVerifier

    urls, names = settings.auth_jwks_urls, settings.auth_issuer
    prefixes = _prefixes(names)
    anyone = None if names else Issuer("", [sources.of_url(url) for url in urls])
    return JwtVerifier(
        {name: Issuer(prefixes[name], sources.of_issuer(name)) for name in names},
        anyone,
        algorithms=frozenset(settings.auth_algorithms),
        rules=ClaimRules(
            audiences=frozenset(settings.auth_audience),
            owner_claim=settings.auth_owner_claim,
            roles_claim=settings.auth_roles_claim,
            skew=settings.auth_clock_skew_seconds,
            prefixes=tuple(prefixes.values()),
        ),
        verified=verified,
        clock=clock,
    )


def _prefixes(issuers: Sequence[str]) -> dict[str, str]:
    """Prefixes that keep issuers' subjects distinct; the first has none, so its owners never change."""
    return {name: "" if name == issuers[0] else f"{name}|" for name in issuers}


class _Sources:
    """Makes one source for each key set, even if several issuers share it."""

    def __init__(
        self, settings: Settings, clock: Clock, observe: Observer, changed: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._observe = observe
        self._changed = changed
        self._by_name: dict[str, KeySource] = {}

    @property
    def made(self) -> Sequence["KeySource"]:
        """The sources made so far: one for each URL of a key set, one for each issuer discovered."""
        return tuple(self._by_name.values())

    def of_issuer(self, issuer: str) -> Sequence["KeySource"]:
        """The sources for `issuer`: those at its positions in the list, all, or the discovered one."""
        urls, names = self._settings.auth_jwks_urls, self._settings.auth_issuer
        if not urls:
            return [self._discovered(issuer)]
        if len(names) == 1:
            return [self.of_url(url) for url in dict.fromkeys(urls)]
        return [self.of_url(url) for url, name in zip(urls, names, strict=True) if name == issuer]

    def of_url(self, url: str) -> "KeySource":
        """The source for a key set's URL, over HTTP or from a file; the same one for the same URL."""
        from estuary.auth.fetch import fetch
        from estuary.auth.key_file import reading

        path = file_path(url)
        return self._named(url, (lambda: fetch(url)) if path is None else reading(Path(path)))

    def _discovered(self, issuer: str) -> "KeySource":
        from estuary.auth.discovery import discovering
        from estuary.auth.fetch import fetch

        return self._named(issuer, discovering(issuer, fetch, https_only=self._settings.production))

    def _named(self, name: str, load: Callable[[], Awaitable[bytes]]) -> "KeySource":
        from estuary.auth.jwks import KeySource
        from estuary.auth.kept_keys import KeptKeys, NoKeep

        folder = data_folder(self._settings)
        if name not in self._by_name:
            self._by_name[name] = KeySource(
                name,
                load,
                algorithms=frozenset(self._settings.auth_algorithms),
                cache_seconds=self._settings.auth_jwks_cache_seconds,
                stale_seconds=self._settings.auth_jwks_stale_seconds,
                keep=NoKeep() if folder is None else KeptKeys(folder, name),
                clock=self._clock,
                observe=self._observe,
                changed=self._changed,
            )
        return self._by_name[name]
