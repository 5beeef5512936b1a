"""The forms of network names: hosts, networks and origins."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from estuary.config.errors import Refused, quoted
from estuary.config.forms import Form, comma_list

Network = IPv4Network | IPv6Network

ANY_ORIGIN = "*"

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*\.?"
_ORIGIN = r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[^\[\]/]*\]|[^\[\]/:@?#]+)(?::(?P<port>\d{1,5}))?"
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (not bound, asked)
_MAX_NAME = 253
_MAX_PORT = 65535


def asked_at(host: str) -> str:
    """The address at which this machine reaches what listens on `host`, which may be a wildcard."""
    return _EVERY_ADDRESS.get(host, host)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_host(text: str) -> bool:
    """Whether `text` is an IP address or a host name; digits and dots alone are not a name (RFC 1123)."""
    if _is_address(text):
        return True
    last_label = text.rstrip(".").rpartition(".")[2]
    return len(text) <= _MAX_NAME and re.fullmatch(_NAME, text) is not None and not last_label.isdigit()


def _host(text: str) -> str:
    if text.startswith("[") and text.endswith("]"):
        raise Refused("an IPv6 address stands without brackets here")
    if not is_host(text):
        raise Refused
    return text


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise Refused(_network_mistake(text)) from None


def _network_mistake(text: str) -> str:
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        return f"{quoted(text)} is neither an address nor a network"
    return f"{quoted(text)} has bits set beyond its prefix: {meant} is the network"


def origin(text: str) -> str:
    """The origin in the form that browsers send: lower case, no default port (RFC 6454, section 6.2).

    Raises `Refused`.
    """
    if text == ANY_ORIGIN:
        return text
    match = re.fullmatch(_ORIGIN, text.lower())
    if match is None:
        raise Refused(_origin_mistake(text))
    scheme, host, port = match["scheme"], match["host"], match["port"]
    if not is_host(host.removeprefix("[").removesuffix("]")):
        raise Refused(f"{quoted(text)} names no host")
    if port is None or port == _DEFAULT_PORTS.get(scheme):
        return f"{scheme}://{host}"
    if not 1 <= int(port) <= _MAX_PORT:
        raise Refused(f"{quoted(text)} has no possible port")
    return f"{scheme}://{host}:{int(port)}"


def _origin_mistake(text: str) -> str:
    if "://" not in text:
        return (
            f"{quoted(text)} lacks its scheme, as in https://{text[:40]}" if is_host(text) else quoted(text)
        )
    without_slash = text.rstrip("/")
    if re.fullmatch(_ORIGIN, without_slash.lower()):
        return f"{quoted(text)} ends with a slash, which no origin does: write {without_slash}"
    return f"{quoted(text)} has more than scheme, host and port, or less"


def _origins(text: str) -> tuple[str, ...]:
    origins = _ORIGIN_LIST.read(text)
    if ANY_ORIGIN in origins and len(origins) > 1:
        raise Refused("* allows any origin and stands alone")
    return origins


_ORIGIN_LIST = comma_list("a comma list of origins such as https://app.example.com, or *", origin)

HOST = Form("an IP address or a host name", _host)
NETWORKS = comma_list("a comma list of addresses and networks such as 10.0.0.0/8", _network)
ORIGINS = Form(_ORIGIN_LIST.allowed, _origins, types=_ORIGIN_LIST.types)
