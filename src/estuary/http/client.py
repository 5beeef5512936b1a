"""The client of a request, as the rest of the service knows it."""

from typing import Final

from mypy_extensions import mypyc_attr


@mypyc_attr(acyclic=True)
class Client:
    """A client: its whole `address`, and the `key` that requests of the same client have in common.

    One subscriber has at least a /64 of IPv6, so that is what an IPv6 client is known by.
    """

    __slots__ = ("address", "key")

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.key = key

    def __repr__(self) -> str:
        return f"Client({self.address!r}, {self.key!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Client) and (self.address, self.key) == (other.address, other.key)

    def __hash__(self) -> int:
        return hash((self.address, self.key))


NO_ADDRESS: Final = Client("unknown", "unknown")
"""The client on a Unix socket, or one of which the server gives no address."""
