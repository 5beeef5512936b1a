"""The line on proxies: whose word on a client's address is taken."""

from ipaddress import ip_network

import pytest

from estuary.config.checklist import proxies
from tests.unit.config.checklist.judging import judge

URL = "https://api.acme.io"


@pytest.mark.parametrize(
    ("variables", "expected", "message"),
    [
        ({}, "warn", "is not set"),
        ({"PUBLIC_URL": URL}, "fail", "all clients are one"),
        (
            {"PUBLIC_URL": URL, "TRUSTED_PROXIES": "10.1.2.3,fd00:1::/32"},
            "pass",
            "10.1.2.3/32, fd00:1::/32",
        ),
        ({"TRUSTED_PROXIES": "10.0.0.0/8"}, "pass", ""),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "fail", "claim any address"),
        ({"TRUSTED_PROXIES": "10.0.0.1,::/0"}, "fail", "::/0"),
        ({"TRUSTED_PROXIES": "8.0.0.0/9"}, "warn", "large public network"),
        ({"TRUSTED_PROXIES": "8.8.8.0/24"}, "pass", ""),
    ],
)
def test_proxies(variables: dict[str, str], expected: str, message: str) -> None:
    """Those in front are named, and no other."""
    assert message in judge(proxies.proxies, expected, **variables).reason


@pytest.mark.parametrize(
    ("trusted", "message"),
    [
        ("::ffff:0:0/96", "::ffff:0:0/96, which is 0.0.0.0/0"),
        ("::ffff:0:0/97", "which is 0.0.0.0/1"),
        ("::ffff:800:0/101", "which is 8.0.0.0/5"),
        ("::/96", "which is 0.0.0.0/0"),
        ("::ffff:0:0:0/96", "which is 0.0.0.0/0"),
        ("64:ff9b::/96", "which is 0.0.0.0/0"),
        ("64:ff9b:1::/64", "which is 0.0.0.0/0"),
        ("2002::/16", "which is 0.0.0.0/0"),
        ("2001::/32", "which is 0.0.0.0/0"),
        ("::/64", "which is 0.0.0.0/0"),
        ("::/1", "::/1"),
        ("8000::/1,::/1", "::/0"),
        ("0.0.0.0/1,128.0.0.0/1", "0.0.0.0/1, 128.0.0.0/1, which is 0.0.0.0/0"),
        ("10.0.0.0/8,8.0.0.0/8,9.0.0.0/8", "8.0.0.0/8, 9.0.0.0/8, which is 8.0.0.0/7"),
        (",".join(f"{first}.{half}.0.0/9" for first in range(20, 24) for half in (0, 128)), "which is"),
        (",".join(f"{first}.0.0.0/9" for first in range(20, 23)), "as many public addresses as a /8"),
    ],
)
def test_too_much_is_told_however_it_is_written(trusted: str, message: str) -> None:
    """In IPv6 that holds IPv4, in halves, in pieces: what comes to more than proxies of one's own fails."""
    assert message in judge(proxies.proxies, "fail", TRUSTED_PROXIES=trusted).reason


@pytest.mark.parametrize(
    "trusted",
    ["::1", "::ffff:10.0.0.0/104", "::ffff:192.0.2.7", "fd00::/8", "fc00::/7", "127.0.0.1,::1"],
)
def test_proxies_of_ones_own_pass(trusted: str) -> None:
    """Also where they are written as IPv6, or are all of one's own network."""
    judge(proxies.proxies, "pass", TRUSTED_PROXIES=trusted)


def test_a_public_network_in_ipv6_is_pointed_out() -> None:
    """A large one is one however it is written."""
    judge(proxies.proxies, "warn", TRUSTED_PROXIES="::ffff:8.8.0.0/112")


def test_what_is_reached() -> None:
    """The IPv4 network in an IPv6 one, cut where it begins and ends; what holds none stays as it is."""
    pairs = {
        "64:ff9b::a00:0/104": "10.0.0.0/8",
        "2002:a00::/24": "10.0.0.0/8",
        "2002:a01:203:1::/64": "10.1.2.3/32",
        "2a00::/12": "2a00::/12",
        "10.0.0.0/8": "10.0.0.0/8",
    }
    found = {text: str(proxies.reached(ip_network(text))) for text in pairs}
    assert pairs == found
