"""Who a client is: the address behind trusted proxies, for the log, and the key it is counted under."""

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from estuary.http.client import NO_ADDRESS, Client
from estuary.http.messages import Request

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAX_HOPS: Final = 32
_MAX_ELEMENT_LENGTH: Final = 1024
_MAX_NODE_LENGTH: Final = 80
"""Longer than an IPv6 address with zone, brackets and port."""
_MAX_REMEMBERED: Final = 4096

_PORT = r"(?::(?:\d{1,5}|_[\w.-]+))?"
_V4_NODE: Final = rf"(?a)([\d.]+){_PORT}"
_V6_NODE: Final = rf"(?a)\[([^\]]+)\]{_PORT}"

_TCHARS = r"[!#$%&'*+.^_`|~\w-]+"
_BARE = r"[!#$%&'*+.^_`|~\w:\[\]-]+"
"""What holds a port or IPv6 should stand in quotes; not every proxy puts it there, and it reads alike."""
_PAIR: Final = rf'(?a:({_TCHARS})=({_BARE}|"(?:[^"\\]|\\.)*"))'
_ELEMENT: Final = rf"[ \t]*(?:{_PAIR}[ \t]*)?(?:;[ \t]*(?:{_PAIR}[ \t]*)?)*+"
"""RFC 7239, section 4, `forwarded-element`, with blanks around its pairs."""
_ESCAPED: Final = r"\\."


class _Hop:
    def __init__(self, client: Client, *, trusted: bool) -> None:
        self.client: Final = client
        self.trusted: Final = trusted


_NOWHERE: Final = _Hop(NO_ADDRESS, trusted=False)


class ClientAddress:
    """Finds the client of a request, believing only what `trusted` proxies say.

    `X-Forwarded-For` and `Forwarded` (RFC 7239) are read from the right: each trusted proxy vouches for
    the address it appended, so the first address that is no trusted proxy's is the client's, and what
    stands left of it may be forged. Reading ends early at whatever is no address (`unknown`, `_hidden`,
    garbage); the client is then the last proxy before it.

    If both fields say anything they must agree, else the client is the peer. A proxy sets one of them
    and lets the other through as the client forged it; which, cannot be seen from here. So no client can
    choose who to be counted as, and what is contradictory is counted together.
    """

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(_unmapped_network(network) for network in trusted)
        self._peers: dict[str, _Hop] = {}
        self._hops: dict[str, _Hop] = {}

    def of(self, request: Request) -> Client:
        """The client of `request`; where no proxy is trusted, header fields are not looked up."""
        if not self._trusted:
            return (self._peers.get(request.peer) or self._peer_hop(request.peer)).client
        headers = request.headers
        return self(request.peer, headers.get_all("x-forwarded-for"), headers.get_all("forwarded"))

    def __call__(
        self, peer: str, x_forwarded_for: Sequence[str] = (), forwarded: Sequence[str] = ()
    ) -> Client:
        """The client of a request from `peer` with these values of the two fields, in order.

        `peer` is as servers give it: `127.0.0.1:35356`, `[::1]:5555`, `::1`, a Unix socket's name or "".
        """
        hop = self._peers.get(peer) or self._peer_hop(peer)
        if not hop.trusted:
            return hop.client
        if not _says_anything(forwarded):
            return self._walk(hop, _nodes(x_forwarded_for))
        client = self._walk(hop, _forwarded_nodes(forwarded))
        if not _says_anything(x_forwarded_for) or client == self._walk(hop, _nodes(x_forwarded_for)):
            return client
        return hop.client

    def _walk(self, hop: _Hop, nodes: Iterable[str | None]) -> Client:
        """Go from proxy to proxy, from the right, as long as the one that speaks is trusted."""
        for node in nodes:
            further = None if node is None else self._hop(node)
            if further is None:
                break
            hop = further
            if not hop.trusted:
                break
        return hop.client

    def _peer_hop(self, peer: str) -> _Hop:
        hop = self._hop(peer)
        if hop is None:
            return _NOWHERE
        _remember(self._peers, peer, hop)
        return hop

    def _hop(self, node: str) -> _Hop | None:
        """What `node` (an address, perhaps with a port) stands for, or None if it is no address."""
        hop = self._hops.get(node)
        if hop is None:
            address = _address(node)
            if address is None:
                return None
            hop = _Hop(_client(address), trusted=self._is_trusted(address))
            _remember(self._hops, node, hop)
        return hop

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _remember(hops: dict[str, _Hop], text: str, hop: _Hop) -> None:
    if len(hops) >= _MAX_REMEMBERED:
        hops.clear()
    hops[text] = hop


def _client(address: Address) -> Client:
    text = str(address)
    if isinstance(address, IPv4Address):
        return Client(text, text)
    return Client(text, f"{IPv6Address(int(address) >> 64 << 64)}/64")


def _address(node: str) -> Address | None:
    """The address in an RFC 7239 `node` or a bare one: IPv4-mapped is IPv4, a zone is dropped."""
    if len(node) > _MAX_NODE_LENGTH:
        return None
    match = re.fullmatch(_V4_NODE, node) or re.fullmatch(_V6_NODE, node)
    try:
        address = ip_address(match[1] if match else node)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return None if node.startswith("[") else address
    return address.ipv4_mapped or IPv6Address(int(address))


def _unmapped_network(network: Network) -> Network:
    """`network`, or the IPv4 network it stands for, since addresses are compared unmapped."""
    if isinstance(network, IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ip_network((mapped, network.prefixlen - 96))
    return network


def _says_anything(values: Sequence[str]) -> bool:
    """Whether a field with these values has an element that is not empty: else it is as good as absent."""
    return any(value.strip(", \t") for value in values)


def _from_right(values: Sequence[str]) -> Iterator[str]:
    """What stands between the commas of all `values`, the last first, as far as `_MAX_HOPS` commas go.

    What is further left in a value comes as one piece, commas and all, which is no address.
    """
    left = _MAX_HOPS
    for value in reversed(values):
        pieces = value.rsplit(",", left)
        yield from reversed(pieces)
        left -= len(pieces)
        if left <= 0:
            return


def _nodes(values: Sequence[str]) -> Iterator[str]:
    """The elements from the right; empty ones do not count (RFC 9110, 5.6.1)."""
    return (node for node in (piece.strip() for piece in _from_right(values)) if node)


def _forwarded_nodes(values: Sequence[str]) -> Iterator[str | None]:
    """The `for=` of each element from the right; None for an element without one, or malformed.

    Empty elements are passed over. What begins with an open quote is no element: it comes to nothing.
    """
    element = ""
    for piece in _from_right(values):
        element = f"{piece},{element}" if element else piece
        if len(element) > _MAX_ELEMENT_LENGTH:
            yield None
            return
        if not element or element.isspace():
            element = ""
            continue
        # An odd number of quotes: the comma stood inside of a quoted string.
        if re.sub(_ESCAPED, "", element).count('"') % 2 == 0:
            yield _for_of(element)
            element = ""


def _for_of(element: str) -> str | None:
    if not re.fullmatch(_ELEMENT, element):
        return None
    nodes = [value for name, value in re.findall(_PAIR, element) if name.lower() == "for"]
    return nodes[0].strip('"') if len(nodes) == 1 else None
