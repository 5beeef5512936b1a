"""Items on how the configuration protects the API: profile, headers, authentication, limits, logs."""

from estuary.config.checklist.encryption import is_local
from estuary.config.checklist.facts import Facts
from estuary.config.checklist.finding import Finding, failed, passed, warned
from estuary.config.environment import Loaded
from estuary.config.networks import ANY_ORIGIN
from estuary.config.settings import Settings
from estuary.config.variables.pages import CONSOLE_ON_ADMIN, CONSOLE_ON_API
from estuary.telemetry.filter import TARGETS, Filter, Level

MOST_PER_SECOND = 100
"""Requests of one client in a second; a higher limit hardly protects."""
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_NO_LIMIT_ON_SCRIPTS = frozenset({"*", "'unsafe-inline'", "'unsafe-eval'", "http:", "https:", "data:"})


def profile(loaded: Loaded, _: Facts) -> Finding:
    """Whether APP_PROFILE is production, on which other defaults depend."""
    if loaded.settings.production:
        return passed("APP_PROFILE is production")
    return failed(f"APP_PROFILE is {loaded.settings.app_profile}", "set APP_PROFILE=production")


def strict_mode(loaded: Loaded, _: Facts) -> Finding:
    """Whether HSTS and the strict policy are on."""
    if loaded.settings.security_strict_mode:
        return passed("SECURITY_STRICT_MODE is on: answers carry HSTS")
    return failed("SECURITY_STRICT_MODE is off: no HSTS", "set SECURITY_STRICT_MODE=true")


def content_security_policy(loaded: Loaded, _: Facts) -> Finding:
    """Which sources browsers may load from, by the policy that is in effect."""
    settings = loaded.settings
    if settings.security_csp is not None:
        return judge_policy(settings.security_csp)
    if settings.security_strict_mode:
        return passed("the strict Content-Security-Policy is in effect")
    return failed(
        "the permissive Content-Security-Policy is in effect",
        "set SECURITY_STRICT_MODE=true, or SECURITY_CSP to a policy of your own",
    )


def judge_policy(policy: str) -> Finding:
    """Evaluates a Content-Security-Policy (https://www.w3.org/TR/CSP3/), above all for scripts."""
    directives = {
        name.lower(): values
        for name, *values in (directive.split() for directive in policy.split(";") if directive.strip())
    }
    scripts = directives.get("script-src", directives.get("default-src"))
    if scripts is None:
        return failed(
            "SECURITY_CSP lets scripts come from anywhere", "add default-src 'self' and script-src 'self'"
        )
    # A nonce or a hash disables 'unsafe-inline' in every browser that supports them.
    guarded = any(value.startswith(("'nonce-", "'sha")) for value in scripts)
    loose = sorted(_NO_LIMIT_ON_SCRIPTS.intersection(scripts) - ({"'unsafe-inline'"} if guarded else set()))
    if loose:
        return failed(f"SECURITY_CSP allows scripts by {' '.join(loose)}", "take that out of it")
    missing = [name for name in ("base-uri", "frame-ancestors") if name not in directives]
    if missing:
        return warned(
            f"SECURITY_CSP does not say {' and '.join(missing)}, which default-src does not cover",
            "add base-uri 'self' and frame-ancestors 'none'",
        )
    return passed("SECURITY_CSP restricts scripts, frames and base")


def authentication(loaded: Loaded, _: Facts) -> Finding:
    """Whether calls need a token."""
    settings = loaded.settings
    if not settings.auth_enabled:
        return warned(
            "AUTH_ENABLED is false: anybody who reaches the API may read and write everything",
            "set AUTH_ENABLED=true, AUTH_ISSUER and AUTH_AUDIENCE, unless the API is meant for everybody",
        )
    if not settings.accepts_tokens:
        return passed("AUTH_ENABLED is true, and API keys alone are accepted")
    if not settings.auth_audience:
        return failed(
            "AUTH_AUDIENCE is not set: tokens that were issued for other services open this one",
            "set AUTH_AUDIENCE to what the issuer calls this service",
        )
    if not settings.auth_issuer:
        return warned(
            "AUTH_ISSUER is not set: whatever the keys of AUTH_JWKS_URLS signed is accepted",
            "set AUTH_ISSUER to the issuer's name",
        )
    if not settings.auth_require_scopes:
        return warned(
            "AUTH_REQUIRE_SCOPES is false: any token may read and write", "set AUTH_REQUIRE_SCOPES=true"
        )
    if settings.auth_failure_limit == 0:
        return warned(
            "AUTH_FAILURE_LIMIT is 0: a client may send bad tokens without end, each costs a verification",
            "leave AUTH_FAILURE_LIMIT at its default of 100",
        )
    return passed("tokens are asked for: issuer, audience and scopes are checked, failures are limited")


def access_rules(_: Loaded, facts: Facts) -> Finding:
    """Access rules that are open to everyone, or to more than a record's owner."""
    rules = facts.access
    if rules is None:
        return warned("the rules were not read", "run `estuary check`")
    opened = []
    if rules.public_writes:
        opened.append(f"no token is needed to write: {', '.join(rules.public_writes)}")
    if rules.all_owners:
        opened.append(f"these mean all owners' records: {', '.join(rules.all_owners)}")
    if opened:
        return warned("; ".join(opened), "read them with `estuary access`, and change what is not meant")
    return passed("no rule opens writes to everyone, or the records of all owners")


def api_keys(loaded: Loaded, facts: Facts) -> Finding:
    """Whether API keys expire, and are used."""
    if not loaded.settings.keys_enabled:
        return passed("KEYS_ENABLED is false: no API key is accepted")
    if facts.keys is None:
        return warned("the API keys were not read", "run `estuary keys list`")
    found = []
    if facts.keys.endless:
        found.append(f"these never expire: {', '.join(facts.keys.endless)}")
    if facts.keys.unused:
        found.append(f"these were not used for 90 days: {', '.join(facts.keys.unused)}")
    if found:
        return warned(
            "; ".join(found), "revoke them with `estuary keys revoke`, and create others that expire"
        )
    return passed("every API key expires, and is used")


def rate_limit(loaded: Loaded, _: Facts) -> Finding:
    """Whether a single client can exhaust the service."""
    settings = loaded.settings
    if not settings.rate_limit_enabled:
        return failed("RATE_LIMIT_ENABLED is false", "set RATE_LIMIT_ENABLED=true")
    requests, seconds = settings.rate_limit_max_requests, settings.rate_limit_window_seconds
    reason = f"a client may make {requests} requests in {seconds} seconds"
    if requests > MOST_PER_SECOND * seconds:
        return warned(
            f"{reason}, which is more than {MOST_PER_SECOND} a second", "lower RATE_LIMIT_MAX_REQUESTS"
        )
    place = settings.rate_limit_place
    if place != "local" and settings.rate_limit_on_outage == "allow":
        return warned(
            f"{reason}, but any number while {place} is away: RATE_LIMIT_ON_OUTAGE is allow",
            "set RATE_LIMIT_ON_OUTAGE=local",
        )
    return passed(reason)


def cross_origin(loaded: Loaded, _: Facts) -> Finding:
    """Which origins may call from a browser."""
    origins = loaded.settings.cors_allowed_origins
    if ANY_ORIGIN in origins:
        return failed(
            "CORS_ALLOWED_ORIGINS is *: any page may call the API from its visitors' browsers",
            "list the origins of your own pages, or leave it empty",
        )
    odd = [origin for origin in origins if not origin.startswith("https://")]
    if odd:
        local = all(origin.partition("://")[2].rpartition(":")[0] in _LOCAL_HOSTS for origin in odd)
        which = "a developer's machine" if local else "pages that anybody on the way can change"
        return warned(f"CORS_ALLOWED_ORIGINS has {', '.join(odd)}: {which}", "list https origins only")
    return passed(
        f"CORS_ALLOWED_ORIGINS is {', '.join(origins)}" if origins else "no other origin may call"
    )


def pages(loaded: Loaded, _: Facts) -> Finding:
    """Whether strangers are shown where people look at records; what they may do there, tokens decide."""
    settings = loaded.settings
    if settings.console == CONSOLE_ON_API:
        return warned(
            "CONSOLE is api: /console is there for everybody who reaches the API",
            "set CONSOLE=admin and ADMIN_PORT, unless it is meant for all of them",
        )
    if settings.console == CONSOLE_ON_ADMIN and not is_local(settings.admin_host):
        return warned(
            f"CONSOLE is admin, and ADMIN_PORT listens on {settings.admin_host}: the API is there, too",
            "see that only those reach it who are meant to",
        )
    if settings.docs_enabled:
        return passed("/docs shows what /openapi.json tells everybody")
    return passed("no stranger is shown a page")


def debug_logging(loaded: Loaded, _: Facts) -> Finding:
    """Whether logs contain more than operations need."""
    text = loaded.settings.log_filter
    wanted = Filter(text)
    if any(wanted.level(target) >= Level.DEBUG for target in TARGETS):
        return failed(
            f"{Settings.log_filter.name} is {text}: debug lines are on", "set LOG_FILTER=estuary=info"
        )
    return passed(f"{Settings.log_filter.name} is {text}")
