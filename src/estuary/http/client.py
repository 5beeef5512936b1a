"""The client of a request, as the rest of the service knows it."""

import msgspec


class Client(msgspec.Struct, frozen=True, gc=False):
    """A client: its whole `address`, and the `key` that requests of the same client have in common.

    One subscriber has at least a /64 of IPv6, so that is what an IPv6 client is known by.
    """

    address: str
    key: str


NO_ADDRESS = Client("unknown", "unknown")
"""The client on a Unix socket, or one of which the server tells no address."""
