"""Items on trusted proxies: clients' addresses are taken from one's own proxies only."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from estuary.config.checklist.facts import Facts
from estuary.config.checklist.finding import Finding, failed, passed, warned
from estuary.config.environment import Loaded
from estuary.config.networks import Network

_WIDEST = {4: 8, 6: 16}
"""The shortest prefix of a network of one's own proxies, by IP version."""
_NARROW_PUBLIC = {4: 24, 6: 48}
_LOCAL = IPv6Network("fc00::/7")
"""Unique local addresses (RFC 4193): like 10.0.0.0/8, they are private whatever the prefix."""
_CARRIERS = (
    (IPv6Network("::ffff:0:0/96"), 96),  # IPv4-mapped (RFC 4291, 2.5.5.2)
    (IPv6Network("::/96"), 96),  # IPv4-compatible (RFC 4291, 2.5.5.1)
    (IPv6Network("::ffff:0:0:0/96"), 96),  # IPv4-translated (RFC 2765, 2.1)
    (IPv6Network("64:ff9b::/96"), 96),  # NAT64 (RFC 6052, 2.1)
    (IPv6Network("64:ff9b:1::/48"), 96),  # NAT64 of one's own (RFC 8215)
    (IPv6Network("2002::/16"), 16),  # 6to4 (RFC 3056)
    (IPv6Network("2001::/32"), 96),  # Teredo (RFC 4380)
)
"""IPv6 networks whose addresses contain an IPv4 address, and the bit at which it begins."""
_EVERYBODY = IPv4Network("0.0.0.0/0")
_WHAT_TO_DO = "name the addresses of your proxies alone"


def proxies(loaded: Loaded, _: Facts) -> Finding:
    """Which proxies may set a client's address."""
    trusted = loaded.settings.trusted_proxies
    if not trusted:
        if loaded.settings.public_url is None:
            return warned(
                "TRUSTED_PROXIES is not set: right if clients connect directly",
                "behind a load balancer, set it to the balancer's addresses",
            )
        return failed(
            "TRUSTED_PROXIES is not set: behind a proxy all clients are one, and share one rate limit",
            "set TRUSTED_PROXIES to the addresses of your load balancer",
        )
    too_wide = _too_wide(trusted)
    if too_wide:
        return failed(
            f"TRUSTED_PROXIES has {too_wide}: a client there may claim any address",
            _WHAT_TO_DO,
        )
    public = [each for each in trusted if _holds_strangers(reached(each))]
    if public:
        return warned(
            f"TRUSTED_PROXIES has {public[0]}, a large public network: clients may be in it", _WHAT_TO_DO
        )
    return passed(f"TRUSTED_PROXIES is {', '.join(map(str, trusted))}")


def reached(network: Network) -> Network:
    """The IPv4 network that the addresses of `network` contain, or `network` itself.

    It is also returned unchanged if it is too wide in any case.
    """
    if isinstance(network, IPv4Network) or network.prefixlen < _WIDEST[6]:
        return network
    for carrier, bits in _CARRIERS:
        if carrier.subnet_of(network):
            return _EVERYBODY
        if network.subnet_of(carrier):
            address = int(network.network_address) >> (96 - bits) & 0xFFFF_FFFF
            length = min(max(network.prefixlen - bits, 0), 32)
            return IPv4Network((address, length), strict=False)
    return network


def _too_wide(trusted: Sequence[Network]) -> str:
    """The part of `trusted` that is wider than one's own proxies, alone or together; empty if none is."""
    hosts = [reached(network) for network in trusted]
    merged: list[Network] = [
        *collapse_addresses(each for each in hosts if isinstance(each, IPv4Network)),
        *collapse_addresses(each for each in hosts if isinstance(each, IPv6Network)),
    ]
    for whole in merged:
        if whole.prefixlen < _WIDEST[whole.version] and not _is_local(whole):
            parts = [
                str(named)
                for named, host in zip(trusted, hosts, strict=True)
                if host.version == whole.version and _is_within(host, whole)
            ]
            listed = ", ".join(parts)
            return listed if listed == str(whole) else f"{listed}, which is {whole}"
    for version, prefix in _WIDEST.items():
        public = [each for each in merged if each.version == version and _holds_strangers(each)]
        if public and sum(each.num_addresses for each in public) >= 2 ** (public[0].max_prefixlen - prefix):
            return f"as many public addresses as a /{prefix}"
    return ""


def _is_within(network: Network, whole: Network) -> bool:
    return (
        network.network_address in whole  # a supernet's first address may be, too
        and network.prefixlen >= whole.prefixlen
    )


def _is_local(network: Network) -> bool:
    return isinstance(network, IPv6Network) and network.subnet_of(_LOCAL)


def _holds_strangers(network: Network) -> bool:
    return network.is_global and network.prefixlen < _NARROW_PUBLIC[network.version]
