"""Whom a request is for: Host (RFC 9112, 3.2; RFC 3986, 3.2.2), and what else must be unambiguous."""

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from estuary.http.errors import BadRequest
from estuary.http.header_fields import Fields

_MAX_REMEMBERED: Final = 256
_MAX_REMEMBERED_CHARACTERS: Final = 256
_NAMED: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+(?::[0-9]*)?"
"""`reg-name`, which a name or an IPv4 address is, and a port."""
_BRACKETED: Final = r"\[(?:v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+|([0-9A-Fa-f:.]+))\](?::[0-9]*)?"
"""`IP-literal` and a port; the group is an IPv6 address, of which no zone is part."""
_REQUIRED: Final = "Host header is required"
_INVALID: Final = "Host header must be a host name or an IP address, with a port if there is one"

_valid: Final[dict[str, bool]] = {}
"""Values that were found valid: a service goes by few names, and most requests are for the last one.

A dictionary, for dictionaries are looked into at every turn, and a set takes its own code.
"""


def refusal_of(fields: Fields, *, host_required: bool) -> BadRequest | None:
    """Why a request with these fields is not served, whatever it asks for; None if it is.

    Where no Host is required, as in HTTP/1.0, a request without one is served; with an invalid one never.
    """
    repeated = fields.repeated_singleton
    if repeated is not None:
        return BadRequest(f"{repeated.capitalize()} header must be given once")
    return _refusal_of_host(fields.get("host"), required=host_required)


def _refusal_of_host(value: str | None, *, required: bool) -> BadRequest | None:
    if value is not None and _valid.get(value) is not None:
        return None
    if not value:
        return BadRequest(_REQUIRED) if required else None
    if not _is_valid(value):
        return BadRequest(_INVALID)
    if len(value) <= _MAX_REMEMBERED_CHARACTERS:
        if len(_valid) >= _MAX_REMEMBERED:
            _valid.clear()
        _valid[value] = True
    return None


def _is_valid(value: str) -> bool:
    if re.fullmatch(_NAMED, value):
        return True
    literal = re.fullmatch(_BRACKETED, value)
    return literal is not None and (literal[1] is None or _is_ipv6(literal[1]))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
