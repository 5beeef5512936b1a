"""The forms of values: what each accepts, gives and refuses."""

from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.config.database_url import DatabaseLocation
from estuary.config.errors import Refused
from estuary.config.forms import Form
from estuary.config.redis import RedisLocation
from estuary.config.settings import TABLE, Settings
from estuary.config.variable import Variable

ESCAPES = "a password's @ / : ? # are written %40 %2F %3A %3F %23"
TLS_FILES = "ssl_ca_certs, ssl_certfile, ssl_keyfile"


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        (Settings.port, "1", 1),
        (Settings.port, "65535", 65535),
        (Settings.port, "0080", 80),
        (Settings.max_body_bytes, "1024", 1024),
        (Settings.max_body_bytes, "1073741824", 1024**3),
        (Settings.shutdown_timeout_seconds, "300", 300),
        (Settings.shutdown_drain_seconds, "0", 0),
        (Settings.rate_limit_window_seconds, "86400", 86400),
        (Settings.app_profile, "Production", "production"),
        (Settings.log_format, "JSON", "json"),
        (Settings.workers, "1", 1),
        (Settings.workers, "01", 1),
        *[(Settings.rate_limit_enabled, word, True) for word in ("true", "TRUE", "1", "yes", "Yes", "on")],
        *[
            (Settings.rate_limit_enabled, word, False)
            for word in ("false", "False", "0", "no", "NO", "off")
        ],
        (Settings.auth_enabled, "yes", True),
        (Settings.auth_jwks_urls, "", ()),
        (
            Settings.auth_jwks_urls,
            "https://a.example/k?x=1, http://[::1]:80/k,file:///etc/keys.json",
            ("https://a.example/k?x=1", "http://[::1]:80/k", "file:///etc/keys.json"),
        ),
        (Settings.auth_issuer, "https://a/,accounts.example.com", ("https://a/", "accounts.example.com")),
        (Settings.auth_audience, "https://api.example.com, b", ("https://api.example.com", "b")),
        (Settings.auth_algorithms, "ES512,EdDSA", ("ES512", "EdDSA")),
        (Settings.auth_read_scope, "https://a/{resource}.read", "https://a/{resource}.read"),
        (Settings.auth_owner_claim, "https://a.example/tenant", "https://a.example/tenant"),
        (Settings.auth_owner_claim, "", None),
        (Settings.auth_failure_limit, "0", 0),
        (Settings.metrics_token, "sixteen-letters!", "sixteen-letters!"),
        (Settings.metrics_token, "", None),
        (Settings.admin_port, "9000", 9000),
        (Settings.admin_port, "", None),
        (Settings.host, "127.0.0.1", "127.0.0.1"),
        (Settings.host, "::", "::"),
        (Settings.host, "fe80::1%eth0", "fe80::1%eth0"),
        (Settings.host, "localhost", "localhost"),
        (Settings.host, "api.example.com.", "api.example.com."),
        (Settings.host, "db_1.internal", "db_1.internal"),
        (Settings.resources, "a:B", ("a:B",)),
        (Settings.resources, " a.b.c:ITEMS , d:e,", ("a.b.c:ITEMS", "d:e")),
        (Settings.resources, "a.b,shop/,./a/b", ("a.b", "shop/", "./a/b")),
        (Settings.security_csp, "default-src 'self'", "default-src 'self'"),
        (Settings.security_csp, "", None),
        (Settings.trusted_proxies, "", ()),
        (
            Settings.trusted_proxies,
            "10.0.0.0/8, 192.0.2.1,2001:db8::/32 ,::1",
            tuple(map(ip_network, ("10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::1/128"))),
        ),
        (Settings.cors_allowed_origins, "*", ("*",)),
        (Settings.cors_allowed_origins, "", ()),
        (
            Settings.cors_allowed_origins,
            "https://a.example, http://localhost:3000,tauri://localhost",
            ("https://a.example", "http://localhost:3000", "tauri://localhost"),
        ),
        (Settings.cors_allowed_origins, "HTTPS://App.Example", ("https://app.example",)),
        (Settings.cors_allowed_origins, "https://a.example:443", ("https://a.example",)),
        (Settings.cors_allowed_origins, "http://a.example:80", ("http://a.example",)),
        (Settings.cors_allowed_origins, "https://a.example:80", ("https://a.example:80",)),
        (Settings.cors_allowed_origins, "http://[::1]:8080", ("http://[::1]:8080",)),
        (Settings.log_filter, "info", "info"),
        (Settings.log_filter, "estuary=info,tower_http=warn", "estuary=info,tower_http=warn"),
        (Settings.workers, "64", 64),
        (Settings.workers, "Auto", 0),
        (Settings.redis_url, "", None),
        (Settings.redis_url, "redis://redis", RedisLocation("redis")),
        (Settings.redis_url, "redis://[::1]:6380/3", RedisLocation("::1", 6380, database=3)),
        (Settings.redis_url, "redis://h?db=4", RedisLocation("h", database=4)),
        (
            Settings.redis_url,
            "rediss://us%40er:p%2Fw@h:1/0?ssl_ca_certs=/ca.pem&ssl_certfile=c&ssl_keyfile=k",
            RedisLocation(
                *("h", 1, "", 0, "us@er", "p/w"),
                tls=True,
                ca_file=Path("/ca.pem"),
                certificate_file=Path("c"),
                key_file=Path("k"),
            ),
        ),
        (
            Settings.redis_url,
            "unix://:pw@/run/redis.sock?db=2",
            RedisLocation(path="/run/redis.sock", database=2, password="pw"),
        ),
        (Settings.redis_prefix, "", ""),
        (Settings.redis_prefix, "a:b:", "a:b:"),
        (Settings.database_type, "Memory", "memory"),
        (Settings.database_url, "", None),
        (Settings.database_url, "memory://", DatabaseLocation("memory")),
        (Settings.database_url, "MEMORY://", DatabaseLocation("memory")),
        (Settings.database_url, "sqlite:///data/x.db", DatabaseLocation("sqlite", Path("data/x.db"))),
        (
            Settings.database_url,
            "sqlite:////var/lib/x.db",
            DatabaseLocation("sqlite", Path("/var/lib/x.db")),
        ),
        (
            Settings.database_url,
            "sqlite:///with%20blank%3F.db",
            DatabaseLocation("sqlite", Path("with blank?.db")),
        ),
        (
            Settings.database_url,
            "convex://Happy-Otter-123.convex.cloud",
            DatabaseLocation("convex", url="https://happy-otter-123.convex.cloud"),
        ),
        (Settings.convex_deployment_url, "", None),
        (Settings.convex_deployment_url, "https://A.convex.cloud/", "https://a.convex.cloud"),
        (Settings.convex_deployment_url, "http://127.0.0.1:3210", "http://127.0.0.1:3210"),
        (Settings.convex_deploy_key, "", None),
        (Settings.convex_deploy_key, "prod:a-1|eyJ2Mi0=", "prod:a-1|eyJ2Mi0="),
    ],
)
def test_a_value_is_accepted(variable: Variable[Any], text: str, value: object) -> None:
    """What is allowed is read into what other code works with."""
    assert value == variable.form.read(text)


@pytest.mark.parametrize(
    ("variable", "text", "reason"),
    [
        *[
            (Settings.port, text, "")
            for text in ("0", "65536", "-1", "+1", "1.0", "1_0", "x", "٣", "9" * 5000)
        ],
        (Settings.max_body_bytes, "1023", ""),
        (Settings.max_body_bytes, "1073741825", ""),
        (Settings.max_body_bytes, "2MiB", ""),
        (Settings.shutdown_timeout_seconds, "0", ""),
        (Settings.shutdown_timeout_seconds, "301", ""),
        (Settings.shutdown_drain_seconds, "61", ""),
        (Settings.request_body_timeout_seconds, "301", ""),
        (Settings.max_in_flight, "65537", ""),
        (Settings.rate_limit_max_requests, "0", ""),
        (Settings.rate_limit_window_seconds, "86401", ""),
        (Settings.app_profile, "prod", ""),
        (Settings.log_format, "xml", ""),
        *[
            (Settings.redis_url, text, reason)
            for text, reason in (
                ("localhost:6379", "its scheme is not redis, rediss or unix"),
                ("http://h", "its scheme is not redis, rediss or unix"),
                ("redis://", f"its host is no address or name; {ESCAPES}"),
                ("redis://:p/w@h", f"its host or port cannot be read; {ESCAPES}"),
                ("redis://:p#w@h", f"its host or port cannot be read; {ESCAPES}"),
                ("redis://h:99999", f"its host or port cannot be read; {ESCAPES}"),
                ("redis://h/x", "the database is a number, as in /0"),
                ("redis://h#x", f"nothing follows a #; {ESCAPES}"),
                ("redis://h?timeout=1", f"the parameters that are understood are db, {TLS_FILES}"),
                ("redis://h?ssl_ca_certs=x", "files for TLS go with rediss://"),
                ("unix://h/x", "unix: takes three slashes before the socket's path"),
            )
        ],
        (Settings.redis_prefix, "a b", ""),
        (Settings.redis_prefix, "x" * 65, ""),
        (Settings.workers, "65", ""),
        (Settings.workers, "many", ""),
        *[(Settings.rate_limit_enabled, word, "") for word in ("maybe", "2", "t", "enabled", "tru\u0435")],
        *[
            (Settings.auth_jwks_urls, f"https://{rest}", f"'https://{rest}' {reason}")
            for rest, reason in (
                ("", "names no host"),
                ("a b", "has blanks or letters outside ASCII"),
                ("\u00e9.example", "has blanks or letters outside ASCII"),
                ("a:port", "is no URL"),
                ("[::1", "is no URL"),
            )
        ],
        (Settings.auth_jwks_urls, "ftp://a/k", "'ftp://a/k' is of no scheme that keys are fetched by"),
        (Settings.auth_jwks_urls, "https://u:secret@a/k", "'/k' is in a URL with a user or a fragment"),
        (Settings.auth_jwks_urls, "https://a/k#x", "'/k' is in a URL with a user or a fragment"),
        *[
            (Settings.auth_jwks_urls, text, f"'{text}' needs three slashes and the whole path")
            for text in ("file://host/k", "file:keys.json")
        ],
        (Settings.auth_issuer, "a b", "'a b' has blanks or letters outside ASCII"),
        (
            Settings.auth_algorithms,
            "HS256",
            "'HS256' is symmetric: who can verify such a token can make one",
        ),
        (Settings.auth_algorithms, "RS256, none", "'none' is not one of them"),
        (Settings.auth_algorithms, "rs256", "'rs256' is not one of them"),
        (Settings.auth_algorithms, ",", "there is no entry in it"),
        (Settings.auth_jwks_cache_seconds, "59", ""),
        (Settings.auth_jwks_cache_seconds, "86401", ""),
        (Settings.auth_clock_skew_seconds, "301", ""),
        *[
            (Settings.auth_read_scope, text, "")
            for text in ("", "a b", 'a"b', "a\\b", "{item}:read", "\u00e9")
        ],
        (Settings.auth_owner_claim, 'a"b', ""),
        (Settings.metrics_token, "fifteen-letters", "it is too short: anybody could try them all"),
        (Settings.metrics_token, "sixteen letters!", "it has blanks or letters outside ASCII"),
        (Settings.admin_port, "0", ""),
        (Settings.auth_enabled, "maybe", ""),
        *[
            (Settings.host, text, "")
            for text in ("a b", "-a", "a-", "a..b", "256.0.0.1", "1.2.3", "http://a", "a:80", "x" * 64, "é")
        ],
        (Settings.host, ".".join(["a" * 60] * 5), ""),
        (Settings.host, "[::1]", "an IPv6 address stands without brackets here"),
        *[
            (Settings.resources, text, f"{text!r} is not of that form")
            for text in ("my-items", "a:", ":B", "a:b:c", "a b:C", "a..b:C", "a:B.C", "1a:B")
        ],
        (Settings.resources, ",", "there is no entry in it"),
        *[
            (
                Settings.resources,
                text,
                f"{text!r} must be a folder in the working directory, whose name could be a module's",
            )
            for text in ("/srv/shop/", "../shop/", "./", "my-shop/", "shop/:BOOKS", "shop/books.py")
        ],
        (Settings.security_csp, "default-src 'self' é", ""),
        (Settings.trusted_proxies, "nginx", "'nginx' is neither an address nor a network"),
        (Settings.trusted_proxies, "10.0.0.0/33", "'10.0.0.0/33' is neither an address nor a network"),
        (
            Settings.trusted_proxies,
            "::1, 10.0.0.1/8",
            "'10.0.0.1/8' has bits set beyond its prefix: 10.0.0.0/8 is the network",
        ),
        (
            Settings.cors_allowed_origins,
            "https://a.example/",
            "'https://a.example/' ends with a slash, which no origin does: write https://a.example",
        ),
        (
            Settings.cors_allowed_origins,
            "a.example",
            "'a.example' lacks its scheme, as in https://a.example",
        ),
        *[
            (Settings.cors_allowed_origins, text, f"{text!r} has more than scheme, host and port, or less")
            for text in (
                "https://a.example/path",
                "https://u@a.example",
                "https://",
                "https://a?b",
                "https://a:b",
            )
        ],
        (Settings.cors_allowed_origins, "https://*.example", "'https://*.example' names no host"),
        (Settings.cors_allowed_origins, "https://a b", "'https://a b' names no host"),
        (Settings.cors_allowed_origins, "https://a:0", "'https://a:0' has no possible port"),
        (Settings.cors_allowed_origins, "https://a:65536", "'https://a:65536' has no possible port"),
        (Settings.cors_allowed_origins, "null", "'null' lacks its scheme, as in https://null"),
        (Settings.cors_allowed_origins, "*, https://a.example", "* allows any origin and stands alone"),
        (
            Settings.log_filter,
            "estuary=warning",
            (
                "'estuary=warning' does not end in a level (warn meant?): "
                "levels are off, error, warn, info, debug, trace"
            ),
        ),
        (Settings.log_filter, "=info", "'=info' has no target such as estuary::http in front of its ="),
        (Settings.database_type, "oracle", ""),
        (Settings.database_url, "data/estuary.db", "it has no scheme"),
        (Settings.database_url, "mysql://u:p@db/x", "there is no store for its scheme"),
        (Settings.database_url, "memory://x", "nothing follows memory://"),
        *[
            (
                Settings.database_url,
                text,
                "sqlite: takes three slashes before a relative path, four before an absolute one",
            )
            for text in ("sqlite://", "sqlite://data.db")
        ],
        *[
            (Settings.database_url, text, "it names no file")
            for text in ("sqlite:///", "sqlite:///data/", "sqlite:///a%00b", "sqlite:///a%0Ab")
        ],
        *[
            (variable, scheme + text, reason)
            for variable, scheme in (
                (Settings.convex_deployment_url, "https://"),
                (Settings.database_url, "convex://"),
            )
            for text, reason in {
                "": "it is more than scheme, host and port, or less",
                "a.convex.cloud/api": "it is more than scheme, host and port, or less",
                "key@a.convex.cloud": "it is more than scheme, host and port, or less",
                "a.convex.cloud:0": "it is more than scheme, host and port, or less",
                "a.convex.site": ".convex.site serves HTTP actions; functions are called at .convex.cloud",
            }.items()
        ],
        *[
            (Settings.convex_deployment_url, text, "it does not begin with https://")
            for text in (
                "happy-otter-123",
                "dev:happy-otter-123",
                "a.convex.cloud",
                "wss://a.convex.cloud",
                "*",
            )
        ],
        *[
            (Settings.convex_deploy_key, text, "it has blanks or characters outside ASCII")
            for text in ("prod:a b", "prod:é")
        ],
        (Settings.database_url, "sqlite:///:memory:", "records in memory are memory://"),
        *[
            (
                Settings.database_url,
                text,
                "parameters are not understood; write ? and # of a path as %3F and %23",
            )
            for text in ("sqlite:///x.db?mode=ro", "sqlite:///x.db#y")
        ],
    ],
)
def test_a_value_is_refused(variable: Variable[Any], text: str, reason: str) -> None:
    """What is not allowed is refused, with a reason where the form alone does not say enough."""
    with pytest.raises(Refused) as caught:
        variable.form.read(text)
    assert reason == caught.value.reason


def refusal_of(form: Form[Any], text: str) -> str | None:
    """Why `form` does not take `text`; None where it does."""
    try:
        form.read(text)
    except Refused as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("default", ["default", "production"])
@pytest.mark.parametrize("variable", TABLE, ids=lambda variable: variable.name)
def test_every_default_is_allowed(variable: Variable[Any], default: str) -> None:
    """A default is a text like an operator's, and its own form accepts it."""
    assert None is refusal_of(variable.form, getattr(variable, default))


FORMS: list[Form[Any]] = [variable.form for variable in TABLE]


def read_or_refuse(read: Callable[[str], object], text: str) -> str:
    """The reason of the refusal, empty without a refusal."""
    try:
        read(text)
    except Refused as refused:
        return refused.reason
    return ""


@given(
    form=st.sampled_from(FORMS), text=st.text(max_size=30) | st.from_regex(r"[a-z]+://[\[\]a-z0-9:/%.,@*]*")
)
def test_any_text_is_read_or_refused(form: Form[Any], text: str) -> None:
    """No text makes a form fail otherwise, and no reason can forge a line."""
    assert read_or_refuse(form.read, text).isprintable()
