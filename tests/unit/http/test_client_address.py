"""Whose request it is: what trusted proxies say is believed, and nothing else."""

import time
import tracemalloc
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.http.client import NO_ADDRESS, Client
from estuary.http.client_address import ClientAddress

PROXY = "10.0.0.1:4000"
client_of = ClientAddress([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@pytest.mark.parametrize(
    ("peer", "address", "key"),
    [
        ("127.0.0.1:35356", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("[::1]:5555", "::1", "::/64"),
        ("[2001:DB8:1:2:3::4]:5555", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::1", "::1", "::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1", "192.0.2.1"),
        ("[fe80::1%eth0]:80", "fe80::1", "fe80::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
    ],
)
def test_a_peer_is_read_as_servers_tell_it(peer: str, address: str, key: str) -> None:
    """With and without a port, IPv6 by its /64, IPv4-mapped as IPv4, without a zone."""
    assert Client(address, key) == ClientAddress([])(peer)


@pytest.mark.parametrize("peer", ["", "unix:", "unix:/run/estuary.sock", "/run/a.b/c:1", "testclient", "@"])
def test_a_peer_without_an_address_is_unknown(peer: str) -> None:
    """On a Unix socket there is no address, and what came with the request is not believed either."""
    assert NO_ADDRESS == client_of(peer, ["192.0.2.1"], ["for=192.0.2.1"])


def test_a_bare_ipv6_peer_keeps_its_last_group() -> None:
    """What looks like a port in a bare address is part of it, also when the rest is known already."""
    client_of = ClientAddress([])
    peers = ["2001:db8:0:0:0:0:5", "2001:db8::5", "2001:db8::5:1", "2001:db8::5:2"]
    reported = [client_of(peer).address for _ in range(2) for peer in peers]
    assert ["unknown", *peers[1:]] * 2 == reported


def test_a_malformed_peer_does_not_stick_to_its_host() -> None:
    """A peer that cannot be read leaves others from the same host as they are."""
    client_of = ClientAddress([])
    assert NO_ADDRESS == client_of("192.0.2.1:port")
    assert "192.0.2.1" == client_of("192.0.2.1:80").address


def test_the_fields_of_an_untrusted_peer_are_ignored() -> None:
    """Who is no trusted proxy can say about itself what it likes."""
    assert "192.0.2.1" == client_of("192.0.2.1:80", ["198.51.100.1"], ["for=198.51.100.1"]).address


def test_a_trusted_peer_that_says_nothing_is_the_client() -> None:
    """A proxy's own request, a health check for instance, is counted as the proxy's."""
    assert "10.0.0.1" == client_of(PROXY).address
    assert "10.0.0.1" == client_of(PROXY, [""], []).address


X_FORWARDED_FOR = [
    (["192.0.2.1"], "192.0.2.1"),
    (["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
    (["203.0.113.9", "192.0.2.1"], "192.0.2.1"),
    (["203.0.113.9, 192.0.2.1, 10.9.9.9", "10.8.8.8"], "192.0.2.1"),
    (["192.0.2.1,10.9.9.9"], "192.0.2.1"),
    (["\t192.0.2.1 ,  10.9.9.9 "], "192.0.2.1"),
    (["192.0.2.1:1234"], "192.0.2.1"),
    (["[2001:db8::1]:1234"], "2001:db8::1"),
    (["2001:db8::1"], "2001:db8::1"),
    (["192.0.2.1, fd00::7"], "192.0.2.1"),
    (["192.0.2.1, ::ffff:10.0.0.7"], "192.0.2.1"),
    (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    (["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
    (["203.0.113.9, _hidden"], "10.0.0.1"),
    (["192.0.2.1, "], "192.0.2.1"),
    (["203.0.113.9, 192.0.2.1,,10.0.0.2", " ", "", "\t,,"], "192.0.2.1"),
    ([",,"], "10.0.0.1"),
    (["203.0.113.9" + "," * 40], "10.0.0.1"),
    (["1.2.3"], "10.0.0.1"),
    (["1.2.3.4.5"], "10.0.0.1"),
    (["01.2.3.4"], "10.0.0.1"),
    (["256.2.3.4"], "10.0.0.1"),
    (["3232235777"], "10.0.0.1"),
    (["[192.0.2.1]"], "10.0.0.1"),
    (["[2001:db8::1"], "10.0.0.1"),
    (["2001:db8::1]:80"], "10.0.0.1"),
    (["192.0.2.1:80:90"], "10.0.0.1"),
    (["192.0.2.1:123456"], "10.0.0.1"),
    (["192.0.2.1 192.0.2.2"], "10.0.0.1"),
    (["\u0661\u0662.2.3.4"], "10.0.0.1"),
    (["for=192.0.2.1"], "10.0.0.1"),
    (["fe80::1%" + "a" * 5000], "10.0.0.1"),
]


@pytest.mark.parametrize(("values", "address"), X_FORWARDED_FOR)
def test_x_forwarded_for_is_read_from_the_right(values: list[str], address: str) -> None:
    """The first address from the right that is no trusted proxy's; reading ends at what is no address."""
    assert address == client_of(PROXY, values).address


FORWARDED = [
    (["for=192.0.2.1"], "192.0.2.1"),
    (["For=192.0.2.1"], "192.0.2.1"),
    (['for="192.0.2.1:8080"'], "192.0.2.1"),
    (['for="192.0.2.1:_port"'], "192.0.2.1"),
    (['for="[2001:db8::1]"'], "2001:db8::1"),
    (['FOR="[2001:DB8::1]:4711";proto=https'], "2001:db8::1"),
    (["for=192.0.2.1;proto=http;by=203.0.113.43"], "192.0.2.1"),
    (["proto=http; by=203.0.113.43 ; for=192.0.2.1"], "192.0.2.1"),
    (["for=203.0.113.9, for=192.0.2.1, for=10.0.0.2"], "192.0.2.1"),
    (["for=203.0.113.9", "for=192.0.2.1", 'for="[fd00::7]:1"'], "192.0.2.1"),
    (['for=192.0.2.1;host="a,b;c"'], "192.0.2.1"),
    (['for=192.0.2.1, for=10.0.0.2;host=", for=203.0.113.9, "'], "192.0.2.1"),
    (['for=192.0.2.1;host="a;for=203.0.113.9"'], "192.0.2.1"),
    (['host="a;for=203.0.113.9;b";for=192.0.2.1'], "192.0.2.1"),
    (['for=192.0.2.1;host="a\\"b"'], "192.0.2.1"),
    (['for=192.0.2.1;host="a\\", for=203.0.113.9;x=\\"b"'], "192.0.2.1"),
    (['for=192.0.2.1, for=10.0.0.2;host="a\\", for=203.0.113.9;x=\\"b"'], "192.0.2.1"),
    (['for=192.0.2.1;host="a\\\\"'], "192.0.2.1"),
    (['for="203.0.113.9\\, for=192.0.2.1'], "192.0.2.1"),
    (['for="203.0.113.9, for=192.0.2.1'], "192.0.2.1"),
    (['for="203.0.113.9, for="[2001:db8::1]"'], "2001:db8::1"),
    (["for=192.0.2.1;"], "192.0.2.1"),
    (['host="a;for=203.0.113.9"'], "10.0.0.1"),
    (["for=203.0.113.9;for=192.0.2.1"], "10.0.0.1"),
    (["for=192.0.2.1, for=unknown"], "10.0.0.1"),
    (["for=203.0.113.9, for=_hidden, for=10.0.0.2"], "10.0.0.2"),
    (["for=203.0.113.9, proto=https"], "10.0.0.1"),
    (["for=192.0.2.1, "], "192.0.2.1"),
    (["for=203.0.113.9, for=192.0.2.1,,for=10.0.0.2", " ,", ""], "192.0.2.1"),
    (["for=192.0.2.1;host=h:8080;proto=https"], "192.0.2.1"),
    (["host=[fd00::1]:8080;for=[2001:db8::1]:80"], "2001:db8::1"),
    (["for=192.0.2.1:8080"], "192.0.2.1"),
    (["for=192.0.2.1;host=a b"], "10.0.0.1"),
    (["for = 192.0.2.1"], "10.0.0.1"),
    (['for="192.0.2.1'], "10.0.0.1"),
    (['for=192.0.2.1"'], "10.0.0.1"),
    (['for="192.0.2.1"x'], "10.0.0.1"),
    (["xfor=192.0.2.1"], "10.0.0.1"),
    (["192.0.2.1"], "10.0.0.1"),
    (["for="], "10.0.0.1"),
    ([f"for=192.0.2.1;host={'a' * 5000}"], "10.0.0.1"),
    (['"' * 5000], "10.0.0.1"),
    ([" " * 1000 + "!"], "10.0.0.1"),
]


@pytest.mark.parametrize(("values", "address"), FORWARDED)
def test_forwarded_is_read_from_the_right(values: list[str], address: str) -> None:
    """RFC 7239, section 4: any case, quotes, brackets, ports; what a client forges reaches no further."""
    assert address == client_of(PROXY, [], values).address


@pytest.mark.parametrize(
    ("x_forwarded_for", "forwarded", "address"),
    [
        ("192.0.2.1", "for=192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", 'for="[2001:db8:0::1]:80"', "2001:db8::1"),
        ("192.0.2.1", "for=203.0.113.9", "10.0.0.1"),
        ("203.0.113.9", "for=unknown", "10.0.0.1"),
        ("unknown", "for=203.0.113.9", "10.0.0.1"),
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", " ,\t,", "192.0.2.1"),
        ("", "for=192.0.2.1", "192.0.2.1"),
        (", ,", "for=192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", ";", "10.0.0.1"),
    ],
)
def test_both_fields_must_agree(x_forwarded_for: str, forwarded: str, address: str) -> None:
    """A proxy sets one field and may let the other through forged: contradiction counts as the peer.

    A field of empty elements says nothing that could be contradicted.
    """
    assert address == client_of(PROXY, [x_forwarded_for], [forwarded]).address


@given(client=ADDRESSES, forged=st.lists(st.text(max_size=30), max_size=5))
def test_nothing_forged_changes_who_the_client_is(client: str, forged: list[str]) -> None:
    """Whatever a client sends, the proxy appends its address, and that is the one found."""
    expected = ClientAddress([])(client)
    client_of = ClientAddress([ip_network("10.0.0.1/32")])
    assert expected == client_of(PROXY, [*forged, client])
    assert expected == client_of(PROXY, [", ".join([*forged, client])])
    element = f'for="[{client}]:1"' if ":" in client else f"for={client}"
    assert expected == client_of(PROXY, [], [*forged, element])
    assert expected == client_of(PROXY, [], [", ".join([*forged, element])])


@given(peer=st.text(max_size=60), fields=st.lists(st.text(alphabet='1.:[]a,;="\\ _for%', max_size=60)))
def test_any_input_gives_a_client(peer: str, fields: list[str]) -> None:
    """Nothing that a server or client can send raises, and every address found reads as one."""
    for client in (client_of(peer, fields, []), client_of(PROXY, fields, []), client_of(PROXY, [], fields)):
        assert NO_ADDRESS == client or client == ClientAddress([])(client.address)


def test_reading_ends_after_32_hops() -> None:
    """However long a chain of trusted proxies is, the work is bounded: the last one read is the client."""
    chain = [f"10.0.1.{number}" for number in range(100)]
    assert "10.0.1.68" == client_of(PROXY, chain).address
    assert "10.0.1.68" == client_of(PROXY, [", ".join(chain)]).address


def test_what_is_remembered_is_bounded() -> None:
    """A million addresses do not fill the memory."""
    client_of = ClientAddress([ip_network("10.0.0.1/32")])

    def remembered(numbers: range) -> int:
        """The bytes in use when these addresses have come, as peers and behind a proxy."""
        for number in numbers:
            address = f"10.1.{number >> 8}.{number & 255}"
            assert address == client_of(f"{address}:1").address
            assert address == client_of(PROXY, [address]).address
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        after_few, after_many = remembered(range(4_000)), remembered(range(4_000, 20_000))
    finally:
        tracemalloc.stop()
    assert after_many < 1.2 * after_few


def test_a_mapped_network_means_the_ipv4_network() -> None:
    """`::ffff:10.0.0.0/104` trusts what `10.0.0.0/8` trusts."""
    client_of = ClientAddress([ip_network("::ffff:10.0.0.0/104")])
    assert "192.0.2.1" == client_of(PROXY, ["192.0.2.1"]).address
    assert "11.0.0.1" == client_of("11.0.0.1:80", ["192.0.2.1"]).address


def test_one_ipv6_network_is_one_client() -> None:
    """Addresses of one /64 share a key, those of its neighbour do not."""
    keys = {client_of(f"[2001:db8:0:1:{n << 8:x}::{n:x}]:80").key for n in range(1, 100)}
    assert {"2001:db8:0:1::/64"} == keys
    assert "2001:db8:0:2::/64" == client_of("[2001:db8:0:2::1]:80").key


ENDLESS = {
    "commas": "," * 16_384,
    "quotes": '"' * 16_384,
    "escapes": '\\"' * 8_192,
    "an open quote, escapes, commas": ('\\"' * 250 + ",") * 31 + '"',
    "pairs": "for=a;" * 2_700,
    "blanks": " " * 16_384,
}


@pytest.mark.parametrize("field", ENDLESS.values(), ids=ENDLESS)
def test_no_field_is_read_without_end(field: str) -> None:
    """16 KB of whatever costs no more than a few times what 32 proxies do."""
    usual = ", ".join(f"for=10.0.0.{number}" for number in range(32))
    assert cost(field) <= 15 * cost(usual) + 0.0001


def cost(field: str) -> float:
    """The least seconds of processor time that reading `field` took in a few rounds."""
    times = []
    for _ in range(10):
        begun = time.process_time()
        client_of(PROXY, [], [field])
        times.append(time.process_time() - begun)
    return min(times)
