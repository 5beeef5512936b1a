"""How long a client may take, and how many connections there may be."""

import msgspec


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Timeouts of a connection, in seconds, and the most connections at a time.

    `head_seconds`: for a head to arrive; `idle_seconds`: for the next one to begin. `stall_seconds`: for a
    client that takes nothing of its answers. `linger_seconds`: how long what a client still sends is thrown
    away after an answer that ends the connection; closed at once, the answer could be lost on its way.
    """

    head_seconds: float = 10.0
    idle_seconds: float = 75.0
    stall_seconds: float = 30.0
    linger_seconds: float = 2.0
    max_connections: int = 4096
