"""Combinations: what each variable alone may be, but several together may not, or should not."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from estuary.config.database import DEFAULTS, MEMORY
from estuary.config.problems import quoted
from estuary.config.settings import Settings
from estuary.config.urls import is_https, is_web_address
from estuary.config.variable import Variable
from estuary.config.variables.service import PRODUCTION
from estuary.telemetry.filter import Filter

Values = Mapping[str, Any]


def mistakes(values: Values) -> Iterator[str]:
    """What makes no sense together. Where a variable was refused by itself, that has been said already."""
    for rule in _MISTAKES:
        if all(each.attribute in values for each in rule.variables):
            yield from rule.find(values)


def cautions(values: Values) -> Iterator[str]:
    """What can be meant, but mostly is not."""
    for rule in _CAUTIONS:
        yield from rule.find(values)


class _Rule:
    """Looks at some variables together."""

    def __init__(self, find: Callable[[Values], Iterator[str]], *variables: Variable[Any]) -> None:
        self.find = find
        self.variables = variables


def _keys_have_a_place(values: Values) -> Iterator[str]:
    if values["auth_enabled"] and not values["auth_jwks_urls"] and not values["auth_issuer"]:
        yield (
            "AUTH_ENABLED is true, but neither AUTH_JWKS_URLS nor AUTH_ISSUER says whose tokens to accept: "
            "set AUTH_ISSUER to your identity provider's issuer"
        )


def _issuers_pair_with_keys(values: Values) -> Iterator[str]:
    urls, issuers = len(values["auth_jwks_urls"]), len(values["auth_issuer"])
    if urls and issuers > 1 and urls != issuers:
        yield (
            f"AUTH_ISSUER names {issuers} issuers and AUTH_JWKS_URLS {urls} key sets: it must be as many, "
            "in the same order, or one issuer for all (an issuer or a key set may be named twice)"
        )


def _keys_come_safely(values: Values) -> Iterator[str]:
    if values["app_profile"] == PRODUCTION:
        for url in values["auth_jwks_urls"]:
            if not is_https(url):
                yield f"AUTH_JWKS_URLS has {url}: in production it must be https"


def _issuers_can_be_asked(values: Values) -> Iterator[str]:
    if values["auth_jwks_urls"]:
        return
    for issuer in values["auth_issuer"]:
        if values["app_profile"] == PRODUCTION and not is_https(issuer):
            yield f"AUTH_ISSUER has {issuer}: to be asked for its keys in production it must be https"
        elif not is_web_address(issuer):
            yield f"AUTH_ISSUER has {issuer}: without AUTH_JWKS_URLS it must be a URL that has its keys"


def _owners_are_known(values: Values) -> Iterator[str]:
    claim = values["auth_owner_claim"]
    if claim is None:
        return
    if not values["auth_enabled"]:
        yield f"AUTH_OWNER_CLAIM is {claim}, but AUTH_ENABLED is false: no record has an owner"
    elif len(values["auth_jwks_urls"]) > 1 and not values["auth_issuer"]:
        yield (
            f"AUTH_OWNER_CLAIM is {claim} with several AUTH_JWKS_URLS: AUTH_ISSUER must be set too, or two "
            "issuers could name the same owner"
        )


def _ports_differ(values: Values) -> Iterator[str]:
    if values["admin_port"] == values["port"]:
        yield f"ADMIN_PORT is {values['admin_port']}, as PORT is: it must be another one"


def _tokens_are_meant_for_us(values: Values) -> Iterator[str]:
    if not values["auth_enabled"]:
        return
    if not values["auth_audience"]:
        yield "AUTH_AUDIENCE is not set: tokens that were issued for other services are accepted"
    if not values["auth_issuer"]:
        yield "AUTH_ISSUER is not set: whatever the keys of AUTH_JWKS_URLS signed is accepted"


def _auth_is_on(values: Values) -> Iterator[str]:
    if not values["auth_enabled"] and (values["auth_jwks_urls"] or values["auth_issuer"]):
        yield "AUTH_ENABLED is false: AUTH_JWKS_URLS and AUTH_ISSUER have no effect, and anybody may call"


def _own_lines_are_logged(values: Values) -> Iterator[str]:
    if not Filter(values["log_filter"]).mentions_estuary:
        yield (
            f"LOG_FILTER is {quoted(values['log_filter'])}: it has neither a level for all targets nor one "
            "for estuary, so only errors are logged; add estuary=info"
        )


def _cache_has_a_place(values: Values) -> Iterator[str]:
    if values["cache_type"] != "redis":
        return
    if values["redis_url"] is None:
        yield "CACHE_TYPE is redis: REDIS_URL must say where Redis is"
    if (values["database_url"] or DEFAULTS.get(values["database_type"])) == MEMORY:
        yield (
            "CACHE_TYPE is redis, but records are kept in memory: other services, and this one after a "
            "restart, would be given records that are not theirs"
        )


_MISTAKES = (
    _Rule(
        _cache_has_a_place,
        Settings.cache_type,
        Settings.redis_url,
        Settings.database_url,
        Settings.database_type,
    ),
    _Rule(_keys_have_a_place, Settings.auth_enabled, Settings.auth_jwks_urls, Settings.auth_issuer),
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
    _Rule(_ports_differ, Settings.admin_port, Settings.port),
)
_CAUTIONS = (_Rule(_tokens_are_meant_for_us), _Rule(_auth_is_on), _Rule(_own_lines_are_logged))
