"""The lines on profile, headers, authentication, limits, origins and logs."""

import pytest

from estuary.config.checklist import protection
from estuary.config.checklist.facts import AccessRules, Facts, KeysFound
from estuary.config.checklist.finding import Status
from estuary.http.guards.security_headers import security_headers
from tests.unit.config.checklist.judging import AUTH, judge

SELF = "default-src 'self'"


def test_profile() -> None:
    """Production, or it fails."""
    judge(protection.profile, "pass")
    assert "development" in judge(protection.profile, "fail", APP_PROFILE="development").reason


def test_strict_mode() -> None:
    """On, or it fails."""
    judge(protection.strict_mode, "pass")
    judge(protection.strict_mode, "fail", SECURITY_STRICT_MODE="false")


def test_policy_of_either_mode() -> None:
    """The strict one passes, as judged by its text, too; the permissive one fails."""
    judge(protection.content_security_policy, "pass")
    judge(protection.content_security_policy, "fail", SECURITY_STRICT_MODE="false")
    headers = {name.lower(): value for name, value in security_headers(strict=True, csp=None)}
    assert Status.PASS == protection.judge_policy(headers["content-security-policy"]).status


def test_pages() -> None:
    """A warning where strangers may find the console; the documentation shows no more than its document."""
    judge(protection.pages, "pass")
    judge(protection.pages, "pass", DOCS_ENABLED="true")
    judge(protection.pages, "pass", CONSOLE="admin", ADMIN_PORT="9000")
    judge(protection.pages, "warn", CONSOLE="api")
    elsewhere = {"CONSOLE": "admin", "ADMIN_PORT": "9000", "ADMIN_HOST": "0.0.0.0"}
    assert "0.0.0.0" in judge(protection.pages, "warn", **elsewhere).reason


@pytest.mark.parametrize(
    ("policy", "expected", "message"),
    [
        (f"{SELF}; base-uri 'self'; frame-ancestors 'none'", "pass", ""),
        (f"{SELF}; script-src 'self'; style-src 'self'", "warn", "base-uri and frame-ancestors"),
        (f"{SELF}; base-uri 'self'", "warn", "does not say frame-ancestors"),
        ("img-src 'self'", "fail", "from anywhere"),
        (f"{SELF}; script-src 'self' 'unsafe-inline'", "fail", "'unsafe-inline'"),
        (f"{SELF}; script-src 'unsafe-eval' https:", "fail", "'unsafe-eval' https:"),
        ("default-src *", "fail", "by *"),
        (f"{SELF}; SCRIPT-SRC *", "fail", "by *"),
        ("script-src 'nonce-abc' 'unsafe-inline'; base-uri 'self'; frame-ancestors 'none'", "pass", ""),
        ("script-src 'nonce-abc' 'unsafe-eval'", "fail", "by 'unsafe-eval'"),
    ],
)
def test_policy_of_ones_own(policy: str, expected: str, message: str) -> None:
    """It is judged by where scripts may come from; what default-src does not cover is pointed out."""
    assert message in judge(protection.content_security_policy, expected, SECURITY_CSP=policy).reason


@pytest.mark.parametrize(
    ("variables", "expected", "message"),
    [
        (AUTH, "pass", "are checked"),
        ({}, "warn", "anybody"),
        ({**AUTH, "AUTH_AUDIENCE": ""}, "fail", "AUTH_AUDIENCE"),
        ({**AUTH, "AUTH_ISSUER": "", "AUTH_JWKS_URLS": "https://keys.test/"}, "warn", "AUTH_ISSUER"),
        ({**AUTH, "AUTH_REQUIRE_SCOPES": "false"}, "warn", "AUTH_REQUIRE_SCOPES"),
        ({**AUTH, "AUTH_FAILURE_LIMIT": "0"}, "warn", "AUTH_FAILURE_LIMIT is 0"),
    ],
)
def test_authentication(variables: dict[str, str], expected: str, message: str) -> None:
    """Off may be meant; on without an audience is open to other services' tokens."""
    assert message in judge(protection.authentication, expected, **variables).reason


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "pass"),
        ({"RATE_LIMIT_ENABLED": "false"}, "fail"),
        ({"RATE_LIMIT_MAX_REQUESTS": "6000"}, "pass"),
        ({"RATE_LIMIT_MAX_REQUESTS": "6001"}, "warn"),
        ({"REDIS_URL": "redis://cache", "RATE_LIMIT_ON_OUTAGE": "allow"}, "warn"),
        ({"REDIS_URL": "redis://cache", "RATE_LIMIT_ON_OUTAGE": "deny"}, "pass"),
        ({"RATE_LIMIT_ON_OUTAGE": "allow"}, "pass"),
    ],
)
def test_rate_limit(variables: dict[str, str], expected: str) -> None:
    """On, and low enough to limit anybody."""
    judge(protection.rate_limit, expected, **variables)


@pytest.mark.parametrize(
    ("origins", "expected", "message"),
    [
        ("", "pass", "no other origin"),
        ("https://app.test,https://b.test:8443", "pass", "https://app.test"),
        ("*", "fail", "any page"),
        ("https://app.test,http://localhost:5173", "warn", "a developer's machine"),
        ("http://app.test", "warn", "anybody on the way"),
    ],
)
def test_cross_origin(origins: str, expected: str, message: str) -> None:
    """Pages that are listed and come by HTTPS."""
    assert message in judge(protection.cross_origin, expected, CORS_ALLOWED_ORIGINS=origins).reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("estuary=info", "pass"),
        ("estuary=info,tower_http=debug,tokio=trace", "pass"),
        ("warn", "pass"),
        ("estuary=debug", "fail"),
        ("debug", "fail"),
        ("estuary=info,estuary::http=trace", "fail"),
        ("estuary=info,estuary::auth=debug", "fail"),
        ("estuary=info,estuary::config=debug", "fail"),
        ("estuary", "fail"),
    ],
)
def test_debug_logging(text: str, expected: str) -> None:
    """Our own targets at info or above; what others log is not there."""
    judge(protection.debug_logging, expected, LOG_FILTER=text)


@pytest.mark.parametrize(
    ("rules", "expected", "message"),
    [
        (None, "warn", "not read"),
        (AccessRules(), "pass", "no rule opens writes"),
        (AccessRules(public_writes=("notes: create=PUBLIC",)), "warn", "to write: notes: create=PUBLIC"),
        (AccessRules(all_owners=('notes: read=Role("x")',)), "warn", "all owners' records: notes: read="),
    ],
)
def test_access_rules(rules: AccessRules | None, expected: str, message: str) -> None:
    """Whatever is for everyone to write, or for more than owners, is to be looked at."""
    assert message in judge(protection.access_rules, expected, Facts(access=rules)).reason


@pytest.mark.parametrize(
    ("keys", "expected", "message"),
    [
        (None, "warn", "not read"),
        (KeysFound(), "pass", "every API key expires"),
        (KeysFound(endless=("0123",)), "warn", "never expire: 0123"),
        (KeysFound(unused=("0123", "4567")), "warn", "not used for 90 days: 0123, 4567"),
    ],
)
def test_api_keys(keys: KeysFound | None, expected: str, message: str) -> None:
    """Keys that never expire, or that are not used, are to be looked at; without keys there is nothing."""
    on = {"AUTH_ENABLED": "true", "KEYS_ENABLED": "true"}
    assert message in judge(protection.api_keys, expected, Facts(keys=keys), **on).reason
    judge(protection.api_keys, "pass", Facts(keys=keys))
