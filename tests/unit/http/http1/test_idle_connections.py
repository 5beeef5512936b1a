"""The connection that has been idle longest goes first, and no new one before it has asked."""

from estuary.http.http1.idle_connections import IdleConnections


class Held:
    """A connection as far as this is about."""

    def __init__(self, since: int, *, idle: bool = True, unread: bool = False) -> None:
        self.idle_since = since
        self.idle = idle
        self.has_unread = lambda: unread


def closed(connections: IdleConnections, spared: Held | None = None) -> object:
    """The one that has been idle longest, which then is closed."""
    found = connections.longest(spared)  # type: ignore[arg-type]  # as far as this is about
    if found is not None:
        found.idle = False  # type: ignore[misc]  # as far as this is about
    return found


def connections_of(*connections: Held) -> IdleConnections:
    """Those that find among them."""
    return IdleConnections(connections)  # type: ignore[arg-type]  # as far as this is about


def test_the_longest_idle_one_is_found_first() -> None:
    """Then the next one, whatever the number; never one that is busy or has asked, nor the spared one."""
    idle = [Held(since) for since in range(200)]
    spared, busy, asking = Held(-1), Held(-2, idle=False), Held(-3, unread=True)
    connections = connections_of(busy, *reversed(idle), spared, asking)
    assert idle == [closed(connections, spared) for _ in idle]
    assert closed(connections, spared) is None


def test_one_that_was_used_meanwhile_is_not_the_longest_any_more() -> None:
    """What was found earlier is looked at again before it is closed."""
    first, second, third = idle = [Held(since) for since in range(3)]
    connections = connections_of(*idle)
    assert first is closed(connections)
    second.idle_since = 3
    assert [third, second, None] == [closed(connections) for _ in range(3)]
