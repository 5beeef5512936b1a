"""Items on encryption in transit: records to PostgreSQL, counts and records to Redis."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from estuary.config.checklist.facts import Facts
from estuary.config.checklist.finding import Finding, passed, warned, worst
from estuary.config.database_url import POSTGRES
from estuary.config.environment import Loaded

_ENCRYPTED = ("require", "verify-ca", "verify-full")
"""Values of sslmode that always encrypt: https://www.postgresql.org/docs/current/libpq-ssl.html"""


def transport(loaded: Loaded, _: Facts) -> Finding:
    """Whether traffic that leaves this machine is encrypted."""
    findings = [*_postgres(loaded), *_redis(loaded)]
    return worst(findings) if findings else passed("nothing is sent to other machines' databases")


def is_local(host: str) -> bool:
    """Whether `host` is this machine: a loopback address or name, a Unix socket, or the default of one."""
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _postgres(loaded: Loaded) -> Iterator[Finding]:
    location = loaded.settings.database
    if location.kind != POSTGRES:
        return
    url = urlsplit(location.url)
    parameters = {name: values[-1] for name, values in parse_qs(url.query).items()}
    named = parameters.get("host") or unquote(url.netloc.rpartition("@")[2])
    others = [host for host in map(_without_port, named.split(",")) if not is_local(host)]
    mode = parameters.get("sslmode", "prefer")
    if not others:
        yield passed("PostgreSQL is on this machine")
    elif mode in _ENCRYPTED:
        yield passed(f"PostgreSQL on {', '.join(others)} is spoken to by TLS (sslmode={mode})")
    else:
        yield warned(
            f"PostgreSQL on {', '.join(others)} may be spoken to without TLS (sslmode={mode})",
            "add ?sslmode=verify-full&sslrootcert=FILE to DATABASE_URL, or be sure of the network between",
        )


def _redis(loaded: Loaded) -> Iterator[Finding]:
    location = loaded.settings.redis_url
    if location is None:
        return
    if is_local(location.host):
        yield passed("Redis is on this machine")
    elif location.tls:
        yield passed(f"Redis on {location.host} is spoken to by TLS")
    else:
        yield warned(
            f"Redis on {location.host} is spoken to without TLS, its password included",
            "let REDIS_URL begin with rediss://, or be sure of the network between",
        )


def _without_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address if address.startswith("/") or address.count(":") > 1 else address.partition(":")[0]
