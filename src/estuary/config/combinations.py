"""Rules that cross variables: all of them, whether they refuse a configuration or warn of it."""

from collections.abc import Callable, Iterator
from typing import Any

from estuary.config.console_rules import (
    console_has_its_port,
    people_can_be_sent_to_the_issuer,
    there_is_a_console_to_sign_in_to,
)
from estuary.config.convex import CONVEX, is_guarded
from estuary.config.database_url import DEFAULTS, MEMORY
from estuary.config.effective import Configured
from estuary.config.errors import HIDDEN, quoted
from estuary.config.settings import Settings
from estuary.config.urls import is_https, is_web_address
from estuary.config.variable import Variable
from estuary.config.variables.service import PRODUCTION
from estuary.telemetry.filter import Filter


def mistakes(given: Configured) -> Iterator[str]:
    """A message for each rule that is broken.

    A rule is skipped if the value of one of its variables was refused.
    """
    for rule in _MISTAKES:
        if given.has(*rule.variables):
            yield from rule.find(given)


def cautions(given: Configured) -> Iterator[str]:
    """A message for each combination that is allowed, but unlikely to be meant.

    Every variable must have a value.
    """
    for rule in _CAUTIONS:
        yield from rule.find(given)


class _Rule:
    """A rule on `variables`; `find` yields a message if it is broken."""

    def __init__(self, find: Callable[[Configured], Iterator[str]], *variables: Variable[Any]) -> None:
        self.find = find
        self.variables = variables


def _drain_is_part_of_the_shutdown(given: Configured) -> Iterator[str]:
    drain, timeout = Settings.shutdown_drain_seconds, Settings.shutdown_timeout_seconds
    seconds, limit = given.settings.shutdown_drain_seconds, given.settings.shutdown_timeout_seconds
    if seconds >= limit:
        yield (
            f"{drain.name} is {seconds} ({given.source(drain)}): it must be less than {timeout.name}, "
            f"which is {limit} ({given.source(timeout)})"
        )


def _one_worker_keeps_records_in_memory(given: Configured) -> Iterator[str]:
    workers = given.effective[Settings.workers.name]
    if given.settings.database.kind == MEMORY.kind and given.settings.workers > 1:
        yield (
            f"{workers.name} is {workers.shown} ({workers.source}): each worker would keep its own records "
            "in memory, so it must be 1; a store that several can serve is set with DATABASE_TYPE or "
            "DATABASE_URL"
        )


def _the_database_has_a_place(given: Configured) -> Iterator[str]:
    """A server has no default address: its type alone does not say where it is."""
    location = given.settings.database
    if location.kind not in DEFAULTS and not location.url:
        source = given.source(Settings.database_type)
        place = _place_of_the_database(given).name
        yield f"DATABASE_TYPE is {location.kind} ({source}): {place} must say where it is"


def _convex_is_reached_safely(given: Configured) -> Iterator[str]:
    location = given.settings.database
    if not given.settings.production or location.kind != CONVEX or not location.url:
        return
    if not is_guarded(location.url):
        place = _place_of_the_database(given)
        yield (
            f"{place.name} is {HIDDEN} ({given.source(place)}): in production it must begin with https://, "
            "unless it is this machine"
        )


def _place_of_the_database(given: Configured) -> Variable[Any]:
    """The variable that says, or should say, where the database is."""
    alone = given.settings.database.kind == CONVEX and given.settings.database_url is None
    return Settings.convex_deployment_url if alone else Settings.database_url


def _requests_are_counted_somewhere(given: Configured) -> Iterator[str]:
    store = Settings.rate_limit_store
    kind = given.settings.rate_limit_store
    if kind == "redis" and given.settings.redis_url is None:
        wanted = "REDIS_URL must say where Redis is"
    elif kind == "postgres" and given.settings.database.kind != kind:
        wanted = "DATABASE_URL must be that of a PostgreSQL"
    else:
        return
    yield f"{store.name} is {kind} ({given.source(store)}): {wanted}"


def _the_database_is_given_once(given: Configured) -> Iterator[str]:
    name, value, source, _ = given.effective[Settings.database_type.name]
    kind = given.settings.database.kind
    if source != "default" and given.settings.database_type != kind:
        yield f"{name} is {value} ({source}), but DATABASE_URL says {kind} and wins"


NOBODY_ISSUES_TOKENS = (
    "AUTH_ENABLED is true, but neither AUTH_JWKS_URLS nor AUTH_ISSUER says whose tokens to accept: "
    "set AUTH_ISSUER to your identity provider's issuer, or KEYS_ENABLED=true for API keys alone"
)


def _keys_have_a_place(given: Configured) -> Iterator[str]:
    settings = given.settings
    if settings.auth_enabled and not settings.accepts_tokens and not settings.keys_enabled:
        yield NOBODY_ISSUES_TOKENS


def _api_keys_are_asked_for(given: Configured) -> Iterator[str]:
    settings = given.settings
    if settings.keys_enabled and not settings.auth_enabled:
        yield "KEYS_ENABLED is true, but AUTH_ENABLED is false: no key is asked for; set AUTH_ENABLED=true"
    elif settings.keys_role is not None and not settings.keys_enabled:
        yield f"KEYS_ROLE is {settings.keys_role}, but KEYS_ENABLED is false: there are no keys"


def _somebody_administers_keys(given: Configured) -> Iterator[str]:
    settings = given.settings
    if settings.keys_role is None or not settings.keys_enabled:
        return
    if not settings.accepts_tokens:
        yield "KEYS_ROLE has no effect: no tokens are accepted, and a key makes no keys; use `estuary keys`"
    elif settings.auth_roles_claim is None:
        yield (
            f"KEYS_ROLE is {settings.keys_role}, but AUTH_ROLES_CLAIM is not set: no token has a role, "
            "and nobody can administer keys over HTTP"
        )


def _issuers_pair_with_keys(given: Configured) -> Iterator[str]:
    urls, issuers = len(given.settings.auth_jwks_urls), len(given.settings.auth_issuer)
    if urls and issuers > 1 and urls != issuers:
        yield (
            f"AUTH_ISSUER names {issuers} issuers and AUTH_JWKS_URLS {urls} key sets: it must be as many, "
            "in the same order, or one issuer for all (an issuer or a key set may be named twice)"
        )


def _keys_come_safely(given: Configured) -> Iterator[str]:
    if given.settings.app_profile == PRODUCTION:
        for url in given.settings.auth_jwks_urls:
            if not is_https(url):
                yield f"AUTH_JWKS_URLS has {url}: in production it must be https"


def _issuers_can_be_asked(given: Configured) -> Iterator[str]:
    if given.settings.auth_jwks_urls:
        return
    for issuer in given.settings.auth_issuer:
        if given.settings.app_profile == PRODUCTION and not is_https(issuer):
            yield f"AUTH_ISSUER has {issuer}: to be asked for its keys in production it must be https"
        elif not is_web_address(issuer):
            yield f"AUTH_ISSUER has {issuer}: without AUTH_JWKS_URLS it must be a URL that has its keys"


def _owners_are_known(given: Configured) -> Iterator[str]:
    claim = given.settings.auth_owner_claim
    if claim is None:
        return
    if not given.settings.auth_enabled:
        yield f"AUTH_OWNER_CLAIM is {claim}, but AUTH_ENABLED is false: no record has an owner"
    elif len(given.settings.auth_jwks_urls) > 1 and not given.settings.auth_issuer:
        yield (
            f"AUTH_OWNER_CLAIM is {claim} with several AUTH_JWKS_URLS: AUTH_ISSUER must be set too, or two "
            "issuers could name the same owner"
        )


def _roles_are_known(given: Configured) -> Iterator[str]:
    claim = given.settings.auth_roles_claim
    if claim is not None and not given.settings.auth_enabled:
        yield f"AUTH_ROLES_CLAIM is {claim}, but AUTH_ENABLED is false: no request has a role"


def _subjects_are_known(given: Configured) -> Iterator[str]:
    if given.settings.rate_limit_by == "subject" and not given.settings.auth_enabled:
        yield "RATE_LIMIT_BY is subject, but AUTH_ENABLED is false: no request has a subject"


def _ports_differ(given: Configured) -> Iterator[str]:
    if given.settings.admin_port == given.settings.port:
        yield f"ADMIN_PORT is {given.settings.admin_port}, as PORT is: it must be another one"


def _tokens_are_meant_for_us(given: Configured) -> Iterator[str]:
    if not (given.settings.auth_enabled and given.settings.accepts_tokens):
        return
    if not given.settings.auth_audience:
        yield "AUTH_AUDIENCE is not set: tokens that were issued for other services are accepted"
    if not given.settings.auth_issuer:
        yield "AUTH_ISSUER is not set: whatever the keys of AUTH_JWKS_URLS signed is accepted"


def _auth_is_on(given: Configured) -> Iterator[str]:
    if not given.settings.auth_enabled and given.settings.accepts_tokens:
        yield "AUTH_ENABLED is false: AUTH_JWKS_URLS and AUTH_ISSUER have no effect, and anybody may call"


def _own_lines_are_logged(given: Configured) -> Iterator[str]:
    if not Filter(given.settings.log_filter).mentions_estuary:
        yield (
            f"LOG_FILTER is {quoted(given.settings.log_filter)}: it has neither a level for all targets "
            "nor one for estuary, so only errors are logged; add estuary=info"
        )


def _cache_has_a_place(given: Configured) -> Iterator[str]:
    if given.settings.cache_type != "redis":
        return
    if given.settings.redis_url is None:
        yield "CACHE_TYPE is redis: REDIS_URL must say where Redis is"
    if (given.settings.database_url or DEFAULTS.get(given.settings.database_type)) == MEMORY:
        yield (
            "CACHE_TYPE is redis, but records are kept in memory: other services, and this one after a "
            "restart, would be given records that are not theirs"
        )


_DATABASE = (Settings.database_type, Settings.database_url)
_PLACE = (*_DATABASE, Settings.convex_deployment_url)

_MISTAKES = (
    _Rule(
        _drain_is_part_of_the_shutdown, Settings.shutdown_drain_seconds, Settings.shutdown_timeout_seconds
    ),
    _Rule(_one_worker_keeps_records_in_memory, Settings.workers, *_DATABASE),
    _Rule(_the_database_has_a_place, *_PLACE),
    _Rule(_convex_is_reached_safely, Settings.app_profile, *_PLACE),
    _Rule(_requests_are_counted_somewhere, Settings.rate_limit_store, Settings.redis_url, *_DATABASE),
    _Rule(
        _cache_has_a_place,
        Settings.cache_type,
        Settings.redis_url,
        Settings.database_url,
        Settings.database_type,
    ),
    _Rule(
        _keys_have_a_place,
        Settings.auth_enabled,
        Settings.auth_jwks_urls,
        Settings.auth_issuer,
        Settings.keys_enabled,
    ),
    _Rule(_api_keys_are_asked_for, Settings.keys_enabled, Settings.auth_enabled, Settings.keys_role),
    _Rule(_issuers_pair_with_keys, Settings.auth_jwks_urls, Settings.auth_issuer),
    _Rule(_keys_come_safely, Settings.app_profile, Settings.auth_jwks_urls),
    _Rule(_issuers_can_be_asked, Settings.app_profile, Settings.auth_jwks_urls, Settings.auth_issuer),
    _Rule(
        _owners_are_known,
        Settings.auth_owner_claim,
        Settings.auth_enabled,
        Settings.auth_jwks_urls,
        Settings.auth_issuer,
    ),
    _Rule(_roles_are_known, Settings.auth_roles_claim, Settings.auth_enabled),
    _Rule(_subjects_are_known, Settings.rate_limit_by, Settings.auth_enabled),
    _Rule(_ports_differ, Settings.admin_port, Settings.port),
    _Rule(console_has_its_port, Settings.console, Settings.admin_port),
    _Rule(
        people_can_be_sent_to_the_issuer,
        Settings.console_oidc_client_id,
        Settings.auth_issuer,
        Settings.auth_enabled,
        Settings.app_profile,
    ),
)
_CAUTIONS = (
    _Rule(_the_database_is_given_once),
    _Rule(_tokens_are_meant_for_us),
    _Rule(_auth_is_on),
    _Rule(_somebody_administers_keys),
    _Rule(there_is_a_console_to_sign_in_to),
    _Rule(_own_lines_are_logged),
)
